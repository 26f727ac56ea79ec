"""Our load generator beside plain Locust users and wrk: requests a second, its own processor time, honest delays.

A server that is faster than all of them has one core, whoever loads it the other; they take turns. First each asks as
fast as it can. Then each is to ask 200 times a second for what takes 20 ms, while the server stands still for a second:
in the open model the delays of that second are known, and a user who waits for his answer before he asks again misses
nearly all of them.
"""

from __future__ import annotations

import contextlib
import os
import resource
import statistics
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.locusts import Burst, Locust, locusts
from benchmarks.measure import figures, free_port, interleaved, ratios, say, server
from benchmarks.report import Result
from benchmarks.sites.generator_server import STALL_S, WAIT_S
from benchmarks.tables import Section, Table
from benchmarks.wrk import CONNECTIONS, Load, require_wrk, run_wrk
from perfmon.loadtest.figures import LATENCY
from perfmon.loadtest.plans import CLOSED, OPEN, Action, Plan
from perfmon.loadtest.process import Generator
from perfmon.series import NS_PER_MS, SeriesKey, Windows
from perfmon.wire import merge_rows

SERVER_CPU, CLIENT_CPU = 0, 1
RATE_PER_S, ASKED_S, STALLED_AFTER_S = 200, 5, 2.0
FEW_USERS = 6  # four are what 200 requests of 20 ms a second need
KEY = "0"
ERROR_LIMIT_PCT = 5.0
NAMES = {"ours": "ours", "fast": "Locust's FastHttpUser", "http": "Locust's HttpUser", "wrk": "wrk"}
STALLED = {"truth": "what they were", "open": "ours, open model", "fast": NAMES["fast"], "http": NAMES["http"]}
SECTION = Section(
    bound_s=120,
    versions=("locust", "gevent", "geventhttpclient", "requests", "uvloop", "wrk"),
    tables=(
        Table(
            (f"as fast as it can, {CONNECTIONS} users", "requests a second", "its processor time a request, us"),
            tuple((text, f"{name}_per_s", f"{name}_cpu_us") for name, text in NAMES.items()),
        ),
        Table(
            (
                f"{RATE_PER_S} requests a second of {WAIT_S * 1000:.0f} ms, {STALL_S:.0f} s still",
                *("p50, ms", "p95, ms", "p99, ms", "its processor time a request, us"),
            ),
            tuple(
                (text, *(f"stall_{name}_{figure}" for figure in ("p50_ms", "p95_ms", "p99_ms", "cpu_us")))
                for name, text in STALLED.items()
            ),
        ),
    ),
)


def run(quick: bool) -> Result:
    """Take turns as fast as each can, then ask through a stall."""
    require_wrk("generator")
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {CLIENT_CPU})
    result, port = Result("generator"), free_port()
    command = [sys.executable, "-m", "benchmarks.sites.generator_server", str(port)]
    with server(command, port, cpu=SERVER_CPU), locusts(port) as peers:
        _full_speed(result, peers, port, *((2, 1) if quick else (4, 1)))
        _stall(result, peers, port)
    return result


# As fast as it can


def _full_speed(result: Result, peers: dict[str, Locust], port: int, rounds: int, seconds: int) -> None:
    cpu_us: dict[str, list[float]] = {name: [] for name in NAMES}
    with Generator(_plan(port, CLOSED, "/")) as ours, tempfile.TemporaryDirectory() as folder:
        turns: dict[str, Callable[[], Burst]] = {
            "ours": lambda: _frames_burst(_asked(ours, CONNECTIONS, seconds)),
            "fast": lambda: peers["fast"].burst(CONNECTIONS, seconds, "/"),
            "http": lambda: peers["http"].burst(CONNECTIONS, seconds, "/"),
            "wrk": lambda: _wrk_burst(port, seconds, Path(folder)),
        }
        say(f"{rounds} rounds of {seconds} s each on {', '.join(turns)}")
        samples = interleaved({name: _noted(turn, cpu_us[name]) for name, turn in turns.items()}, rounds)
    result.metrics |= figures(samples, "per_s") | figures(cpu_us, "cpu_us")
    for peer in ("fast", "http"):
        to_peer = ratios(cpu_us, "ours", peer)
        says = f"processor time a request to that of {NAMES[peer]}"
        result.at_most(f"ours_to_{peer}_cpu_ratio", statistics.median(to_peer), 1.0, says, to_peer)


def _noted(turn: Callable[[], Burst], cpu_us: list[float]) -> Callable[[], float]:
    def once() -> float:
        burst = turn()
        cpu_us.append(burst.cpu_us)
        return burst.per_s

    return once


def _wrk_burst(port: int, seconds: int, folder: Path) -> Burst:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = run_wrk(Load("", "/"), port, seconds, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Burst(said.per_s, 1e6 * cpu_s / said.requests, said.requests)


# Through a stall


def _stall(result: Result, peers: dict[str, Locust], port: int) -> None:
    say(f"{RATE_PER_S} requests a second through a stall")
    with Generator(_plan(port, OPEN, "/wait")) as ours, _stalling(port):
        bursts = {"open": _frames_burst(_asked(ours, RATE_PER_S, ASKED_S, to_the_end=True))}
    for name in ("fast", "http"):
        with _stalling(port):
            bursts[name] = peers[name].burst(FEW_USERS, ASKED_S, "/wait", RATE_PER_S / FEW_USERS)
    for name, burst in bursts.items():
        result.metrics |= {f"stall_{name}_{figure}": value for figure, value in burst._asdict().items()}
    truth = {f"stall_truth_p{percent}_ms": true_ms(percent, bursts["open"].requests) for percent in (50, 95, 99)}
    result.metrics |= truth
    error_pct = 100 * abs(bursts["open"].p99_ms / truth["stall_truth_p99_ms"] - 1)
    says = "p99 of the open model through a stall, off what it was by"
    result.at_most("stall_p99_error_pct", error_pct, ERROR_LIMIT_PCT, says)


def true_ms(percent: float, requests: int) -> float:
    """Return a percentile of the delays: arrivals during the stall, evenly apart, wait for its end, and all 20 ms."""
    later_s = STALL_S - (1 - percent / 100) * requests / RATE_PER_S
    return 1000 * (WAIT_S + max(0.0, later_s))


@contextlib.contextmanager
def _stalling(port: int) -> Iterator[None]:
    """Let the server stand still once, in the middle of what is done meanwhile."""
    timer = threading.Timer(STALLED_AFTER_S, urllib.request.urlopen, [f"http://127.0.0.1:{port}/stall"])
    timer.start()
    try:
        yield
    finally:
        timer.join()


# Our generator


def _plan(port: int, model: str, path: str) -> Plan:
    action = Action(name=f"GET {path}", path=path)
    return Plan(f"http://127.0.0.1:{port}", "0.benchmark", model, (action,), think_s=(0.0, 0.0), most_users=400)


def _asked(generator: Generator, target: float, seconds: int, *, to_the_end: bool = False) -> list[dict[str, Any]]:
    """Return the frames of some seconds: whole ones after the first, or all from the beginning to the last answer."""
    generator.frames(0)
    generator.aim(target)
    frames: list[dict[str, Any]] = []
    while len(frames) < seconds + (not to_the_end):
        frames += generator.frames(3)
    generator.aim(0)
    if not to_the_end:
        return frames[1 : seconds + 1]
    frames += generator.frames(3) + generator.frames(3)
    return frames


def _frames_burst(frames: Iterable[dict[str, Any]]) -> Burst:
    windows: Windows = {}
    cpu_s, seconds = 0.0, 0
    for frame in frames:
        merge_rows(windows, frame["rows"])
        cpu_s, seconds = cpu_s + frame["cpu_pct"] / 100, seconds + 1
    latency = windows[SeriesKey(LATENCY, KEY)]
    p50, p95, p99 = ((latency.percentile(percent) or 0) / NS_PER_MS for percent in (50, 95, 99))
    return Burst(latency.count / seconds, 1e6 * cpu_s / latency.count, latency.count, p50, p95, p99)
