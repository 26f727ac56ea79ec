"""How far a stored run's figures may be off by chance."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from perfmon.loadtest.noise import FLOOR, drift, relative_error


@pytest.mark.parametrize(("figure", "share"), [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)])
def test_the_error_of_a_percentile_is_what_samples_of_that_size_show(figure, share):
    chance, count = random.Random(1), 1000
    times = {name: math.exp(0.5 * statistics.NormalDist().inv_cdf(p)) for name, p in _PERCENTILES.items()}
    seen = [
        math.log(sorted(chance.lognormvariate(0, 0.5) for _ in range(count))[int(share * count)]) for _ in range(300)
    ]
    assert relative_error(times, figure, count) == pytest.approx(statistics.stdev(seen), rel=0.15)


_PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def test_what_was_not_measured_has_no_error():
    assert relative_error({"p50": None, "p95": None}, "p50", 0) is None


def series(values: list[float | None]) -> dict[str, object]:
    """A run's series of one column."""
    return {"step_s": 1, "columns": ["at_s", "latency_p50"], "rows": [[at, one] for at, one in enumerate(values)]}


def test_a_steady_run_drifts_by_the_floor():
    assert drift(series([10.0] * 60), "latency_p50") == FLOOR


def test_a_run_that_changes_its_pace_drifts():
    assert drift(series([10.0] * 30 + [None] * 5 + [20.0] * 30), "latency_p50") == pytest.approx(0.35, abs=0.05)


def test_too_short_a_run_and_an_unknown_column_say_nothing():
    assert drift(series([10.0, 20.0]), "latency_p50") == FLOOR
    assert drift({}, "latency_p50") == FLOOR
