"""Measurements put into the store as the collector would: seconds and tens of windows with their totals."""

from __future__ import annotations

from collections.abc import Iterable

from perfmon.collector.merging import add_totals
from perfmon.series import NS_PER_MS, SeriesKey, Window, Windows, merge_windows
from perfmon.store.fine import memory_store
from perfmon.store.ranges import SECOND, TEN
from perfmon.wire import pack_block

NOW = 1_800_000_123.4
LIST, DETAIL = "GET /articles/", "GET /articles/<slug>/"


def add_request(windows: Windows, key: str, duration_ms: float, status: int = 200, queries: int = 2) -> None:
    """Count one request as the recorders do: half its time in the database, one cache read that hits."""
    duration_ns = round(duration_ms * NS_PER_MS)
    _of(windows, "request", key).add(duration_ns, status >= 500)
    _of(windows, "response", f"{key} {status // 100}xx").add_total(0)
    _of(windows, "request_db", key).add_total(duration_ns // 2, queries)
    _of(windows, "request_cache", key).add_total(duration_ns // 10)
    _of(windows, "cache", "default").add(duration_ns // 10)
    _of(windows, "queue", "http").add(NS_PER_MS)
    _of(windows, "self", "record").add_total(2_900)


def add_host(windows: Windows, host: str, cpu_pct: float, memory_pct: float) -> None:
    """Count one reading of a host and of one process on it."""
    gauges = {"cpu": cpu_pct * 1000, "memory": memory_pct * 1000, "memory_used": 2 << 30, "disk": 40_000}
    for name, value in {**gauges, "net_in": 1000, "net_out": 2000, "load1": 500}.items():
        _of(windows, "host", f"{host}/{name}").add_total(int(value))
    _of(windows, "process", f"{host}/1-a").add_total(100 << 20)


def add_cache(windows: Windows, alias: str, group: str, hits: int, misses: int, read_ms: float = 0.2) -> None:
    """Count reads of one group of keys, each with a call of its own, and as many writes as there were misses."""
    for number in range(hits + misses):
        for kind, key in (("cache", alias), ("cache_group", f"{alias}/{group}")):
            _of(windows, kind, key).add(round(read_ms * NS_PER_MS), number < misses)
    for _ in range(misses):
        _of(windows, "cache_write", alias).add(round(read_ms * NS_PER_MS))


def add_cache_server(windows: Windows, alias: str, **gauges: int) -> None:
    """Count one answer of the server behind a cache."""
    for name, value in gauges.items():
        _of(windows, "cache_server", f"{alias}/{name}").add_total(value)


def add_queries(windows: Windows, alias: str, count: int, query_ms: float = 2, failed: int = 0) -> None:
    """Count queries of one database."""
    for number in range(count):
        _of(windows, "query", alias).add(round(query_ms * NS_PER_MS), number < failed)


def add_pool(windows: Windows, alias: str, waits_ms: Iterable[float], timeouts: int = 0, **gauges: int) -> None:
    """Count connections taken from a pool, the first of them not got, and how full the pool of one process is."""
    for number, wait_ms in enumerate(waits_ms):
        _of(windows, "pool", alias).add(round(wait_ms * NS_PER_MS), number < timeouts)
    for name, value in gauges.items():
        _of(windows, "pool_gauge", f"{alias}/{name}").add_total(value)


def add_task(
    windows: Windows, name: str, runs_ms: Iterable[float], failed: int = 0, wait_ms: float = 5, queue: str = "celery"
) -> None:
    """Count runs of a task, the first of them failed, each after the same wait in its queue."""
    for number, run_ms in enumerate(runs_ms):
        _of(windows, "task", name).add(round(run_ms * NS_PER_MS), number < failed)
        for kind, key in (("task_wait", name), ("queue_wait", queue)):
            _of(windows, kind, key).add(round(wait_ms * NS_PER_MS))


def add_amount(windows: Windows, kind: str, key: str, amount: int = 0) -> None:
    """Count one reading of a gauge, or one amount."""
    _of(windows, kind, key).add_total(amount)


def add_call(windows: Windows, key: str, times_ms: Iterable[float], end: str = "2xx") -> None:
    """Count outgoing calls that all ended in the same class."""
    for time_ms in times_ms:
        _of(windows, "outgoing", key).add(round(time_ms * NS_PER_MS), end not in ("2xx", "3xx"))
        _of(windows, "outgoing_status", f"{key} {end}").add_total(0)


def add_answer(
    windows: Windows, provider: str, first_ms: float | None, total_ms: float, tokens: int = 100, outcome: str = "ok"
) -> None:
    """Count one call of a language model at 50 tokens a second, 0.002 US$ each; without a first token it failed."""
    _of(windows, "provider", provider).add(round(total_ms * NS_PER_MS), first_ms is None)
    _of(windows, "provider_end", f"{provider}/{outcome}").add_total(0)
    _of(windows, "provider_cost", provider).add_total(2000)
    _of(windows, "provider_tokens", f"{provider}/in").add_total(700)
    if first_ms is not None:
        _of(windows, "provider_first", provider).add(round(first_ms * NS_PER_MS))
        _of(windows, "provider_rate", provider).add(50_000)
        _of(windows, "provider_tokens", f"{provider}/out").add_total(tokens)


def alive() -> Windows:
    """A second in which a process flushed and nothing else happened."""
    return {SeriesKey("self", "flush"): Window(1, 0, 900_000, 900_000), SeriesKey("self", "buffer"): Window(1)}


def busy(durations_ms: Iterable[float], key: str = LIST, status: int = 200) -> Windows:
    """A second with these requests and a reading of one host."""
    windows = alive()
    for duration_ms in durations_ms:
        add_request(windows, key, duration_ms, status)
    add_host(windows, "web1", 30, 60)
    return windows


def store(by_second: dict[int, Windows]) -> None:
    """Write seconds, and the tens they belong to, with totals."""
    tens: dict[int, Windows] = {}
    for second, windows in by_second.items():
        add_totals(windows)
        memory_store().put({(SECOND, second): pack_block(windows)})
        merge_windows(tens.setdefault(second // TEN * TEN, {}), windows)
    memory_store().put({(TEN, start): pack_block(windows) for start, windows in tens.items()})


def _of(windows: Windows, kind: str, key: str) -> Window:
    return windows.setdefault(SeriesKey(kind, key), Window())
