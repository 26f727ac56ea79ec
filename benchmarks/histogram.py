"""Our histogram against exact percentiles and against ddsketch: error, insert, merge, size.

A million samples each of four shapes of latency, in nanoseconds: lognormal, Pareto, bimodal and constant.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from ddsketch import DDSketch

from benchmarks.measure import figures, interleaved, ratios, say
from benchmarks.report import Result
from benchmarks.tables import Section, Table
from perfmon.histogram import Histogram

PERCENTS = (50.0, 90.0, 95.0, 99.0, 99.9)
SAMPLES = 1_000_000
INSERTS = 100_000
PARTS = 16
SHAPES = ("lognormal", "pareto", "bimodal", "constant")
SECTION = Section(
    bound_s=60,
    versions=("ddsketch",),
    tables=(
        Table(
            ("", "lognormal", "Pareto", "bimodal", "constant"),
            (
                ("largest relative error, %", *(f"{shape}_error_pct" for shape in SHAPES)),
                ("packed size, bytes", *(f"{shape}_packed_bytes" for shape in SHAPES)),
            ),
        ),
        Table(
            ("", "ours", "ddsketch"),
            (
                ("an insert, ns", "insert_ns", "ddsketch_insert_ns"),
                ("unpacking one from its packed form, us", "unpack_us", ""),
            ),
        ),
    ),
)


def shapes(rng: random.Random, size: int) -> dict[str, list[int]]:
    """Return the samples of each shape, between 1 us and 10 min."""

    def within(value: float) -> int:
        return min(600 * 10**9, max(1_000, int(value)))

    return {
        "lognormal": [within(rng.lognormvariate(17, 1)) for _ in range(size)],
        "pareto": [within(2e6 * rng.paretovariate(1.2)) for _ in range(size)],
        "bimodal": [within(rng.gauss(3e6, 4e5) if rng.random() < 0.8 else rng.gauss(9e8, 1e8)) for _ in range(size)],
        "constant": [7_654_321] * size,
    }


def filled(values: list[int]) -> Histogram:
    """Return a histogram of the values."""
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def largest_error_pct(values: list[int], histogram: Histogram) -> float:
    """Return the largest relative error over the percentiles against nearest rank on the sorted sample."""
    ordered = sorted(values)
    errors = []
    for percent, found in zip(PERCENTS, histogram.percentiles(PERCENTS), strict=True):
        exact = ordered[max(1, -int(-len(ordered) * percent // 100)) - 1]
        assert found is not None
        errors.append(100 * abs(found - exact) / exact)
    return max(errors)


def merge_is_exact(values: list[int]) -> bool:
    """Tell whether sixteen parts merged through their packed form equal one histogram of all."""
    merged = Histogram()
    for part in range(PARTS):
        merged.merge(Histogram.from_bytes(filled(values[part::PARTS]).to_bytes()))
    return merged == filled(values)


def timed(work: Callable[[], object], count: int) -> float:
    """Return nanoseconds per item of one run."""
    started = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - started) / count


def run(quick: bool) -> Result:
    """Measure error, then speed in turns with ddsketch."""
    result = Result("histogram")
    rng = random.Random(20)
    samples = shapes(rng, SAMPLES // 10 if quick else SAMPLES)
    for name, values in samples.items():
        say(f"error on {name}")
        histogram = filled(values)
        result.metrics[f"{name}_error_pct"] = error = largest_error_pct(values, histogram)
        result.metrics[f"{name}_packed_bytes"] = len(histogram.to_bytes())
        result.at_most(f"{name}_error_pct", error, 1.0, f"largest relative error at p50 to p99.9, {name} data")
    values = samples["lognormal"]
    result.at_least("merge_of_16_equals_one", float(merge_is_exact(values)), 1, "16 merged equal one of all (1: yes)")
    say("insert, against ddsketch")
    _compare_inserts(result, values[:INSERTS], 5 if quick else 15)
    packed = [filled(values[part::PARTS]).to_bytes() for part in range(PARTS)]
    merges = [timed(lambda: [Histogram.from_bytes(p) for p in packed], PARTS) / 1000 for _ in range(15)]
    result.metrics["unpack_us"] = statistics.median(merges)
    return result


def _compare_inserts(result: Result, values: list[int], rounds: int) -> None:
    def theirs() -> None:
        sketch = DDSketch(0.01)
        for value in values:
            sketch.add(value)

    samples = interleaved(
        {
            "insert": lambda: timed(lambda: filled(values), len(values)),
            "ddsketch_insert": lambda: timed(theirs, len(values)),
        },
        rounds,
    )
    result.metrics |= figures(samples, "ns")
    inserts_us, to_peer = [ns / 1000 for ns in samples["insert"]], ratios(samples, "insert", "ddsketch_insert")
    result.at_most("insert_us", statistics.median(inserts_us), 0.5, "an insert", inserts_us)
    result.at_most("insert_to_ddsketch_ratio", statistics.median(to_peer), 1.0, "an insert to one of ddsketch", to_peer)
