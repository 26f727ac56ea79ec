"""A tick of the collector: windows of 10 processes with 200 series each merged, stored in Valkey and published.

Ten minutes of 1,000 requests a second are simulated, after as long a warm-up: the windows are real, their seconds
follow one another without waiting. A tick is everything that happens before the next can begin: receive, merge, commit,
and the frame of the overview, which somebody watches all the time. Minutes are rolled up and alerts evaluated as in
service, beside the ticks. In the warm-up a tick takes ten seconds at once, as after a pause.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.measure import figures, free_port, say, server
from benchmarks.report import Result
from benchmarks.sites import collector as site
from benchmarks.tables import Section, Table
from omniwriter.stack.valkey import valkey_service, valkey_url

PROCESSES, SERIES, REQUESTS_A_SECOND = 10, 200, 1_000
WARM_UP, SECONDS = 660, 600  # the overview reads ten minutes back, so what readers keep is complete only then
WARM_UP_STEP = 10
#: Windows are made so many times, and then what they hold goes round among the views: to make them took a third of the
#: time, and each view still meets 40,000 different durations.
VARIETY = 20
TICK_LIMIT_MS, GROWTH_LIMIT_MIB = 100.0, 8.0
TOPIC = "overview/5m"
MIB = 2**20
SECTION = Section(
    bound_s=240,
    versions=("Django", "Valkey", "redis", "SQLite"),
    tables=(
        Table(
            ("a tick, ms", "", "99th percentile"),
            ((f"{PROCESSES} windows with {SERIES} series each", "tick_ms", "tick_p99_ms"),),
        ),
        Table(
            ("memory of the collector, MiB", "after the warm-up", "ten minutes later"),
            (("resident", "memory_after_warm_up_mib", "memory_at_end_mib"),),
        ),
    ),
)

if TYPE_CHECKING:
    from perfmon.wire import Rows


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run the bundled Valkey without keeping anything."""
    port = free_port()
    service = valkey_service(folder, port=port, persistent=False)
    with server(list(service.command), port):
        yield valkey_url(service)


def made_rows(rng: random.Random, process: int) -> Rows:
    """Return what one process measured in a second: every series present, the requests spread over them."""
    from perfmon.series import SeriesKey, Window
    from perfmon.wire import rows_of

    windows = {SeriesKey("request", f"GET /view-{number}/"): Window() for number in range(SERIES - 2)}
    keys = list(windows)
    for _ in range(max(REQUESTS_A_SECOND // PROCESSES, len(keys))):
        windows[keys[rng.randrange(len(keys))]].add(int(rng.lognormvariate(17, 1)))
    for window in windows.values():
        if not window.count:
            window.add(int(rng.lognormvariate(17, 1)))
    windows[SeriesKey("self", "flush")] = Window(1, 0, 1, 1)
    windows[SeriesKey("host", f"web{process}/cpu")] = Window(1, 0, 40_000, 40_000)
    return rows_of(windows)


def turned(rows: Rows, by: int) -> Rows:
    """Return the rows with each view's figures given to the one ``by`` places further on."""
    views, figures_of = list(rows["request"]), list(rows["request"].values())
    return {**rows, "request": dict(zip(views, figures_of[-by:] + figures_of[:-by], strict=True))}


def packed_window(process: int, second: int, sequence: int, rows: Rows) -> bytes:
    """Return what one process sends for one second."""
    from perfmon.wire import ProcessWindow, pack_process_window

    return pack_process_window(ProcessWindow(f"web{process}:1", sequence, second, f"web{process}", "", rows))


def run(quick: bool) -> Result:
    """Simulate the ten minutes and hold the tick and the memory to their limits."""
    result = Result("collector")
    with tempfile.TemporaryDirectory() as folder, valkey(Path(folder) / "valkey") as url:
        site.set_up(Path(folder), url)
        ticks, rss_mib = _simulate(*((60, 120) if quick else (WARM_UP, SECONDS)))
    result.metrics |= figures({"tick": ticks}, "ms")
    result.metrics |= {
        "tick_p99_ms": statistics.quantiles(ticks, n=100)[98],
        "windows_a_tick": PROCESSES,
        "series_a_window": SERIES,
        "memory_after_warm_up_mib": rss_mib[0],
        "memory_at_end_mib": rss_mib[-1],
    }
    result.at_most(
        "tick_ms", statistics.median(ticks), TICK_LIMIT_MS, "a tick of 10 processes with 200 series each", ticks
    )
    if not quick:  # a quick run ends while readers still fill what they keep
        growth_mib = rss_mib[-1] - rss_mib[0]
        result.at_most("memory_growth_mib", growth_mib, GROWTH_LIMIT_MIB, "growth of memory in ten minutes")
    return result


def _simulate(warm_up: int, measured: int) -> tuple[list[float], list[float]]:
    from perfmon.collector.loop import CollectorLoop, settle_garbage
    from perfmon.collector.merging import Tick
    from perfmon.collector.upkeep import Upkeep
    from perfmon.context import muted
    from perfmon.live.bus import get_bus
    from perfmon.live.publisher import Publisher
    from perfmon.panels.topics import build
    from perfmon.transport import get_transport

    simulated = {"now": 0.0}  # the payload is of the simulated moment, not of this one
    rng, bus, transport = random.Random(7), get_bus(), get_transport()
    publisher = Publisher(bus, lambda topic: build(topic, simulated["now"]))

    def publish(tick: Tick, now: float) -> None:
        publisher.publish(now)

    loop = CollectorLoop([publish, Upkeep().after_tick])
    made = [[made_rows(rng, process) for process in range(PROCESSES)] for _ in range(VARIETY)]
    process = psutil.Process()
    seconds = warm_up + measured
    first = int(time.time()) // 60 * 60 - seconds
    ticks, rss_mib = [], []
    settle_garbage()
    with muted():
        for at in range(seconds):
            for number, rows in enumerate(made[rng.randrange(VARIETY)]):
                sent = turned(rows, rng.randrange(SERIES - 2))
                transport.send(packed_window(number, first + at, at + 1, sent))
            if at < warm_up and at % WARM_UP_STEP:
                continue
            bus.watch([TOPIC], 30)
            simulated["now"] = first + at + 1.1
            started = time.perf_counter()
            loop.tick(simulated["now"])
            if at >= warm_up:
                ticks.append(1000 * (time.perf_counter() - started))
                if at % 10 == 0:
                    rss_mib.append(process.memory_info().rss / MIB)
            if at % 60 == 0:
                say(f"{at} of {seconds} s simulated")
    return ticks, rss_mib
