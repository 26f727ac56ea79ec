"""The second check: many requests at the same moment, several times; failures and the 95th percentile are judged.

Each request has a connection of its own, open before the first is sent. Then all are sent one right after the other,
and no answer is read before the last is on its way: threads at a barrier are woken one by one, and the last of a
hundred was sent when the first were long answered. How long the sending took is told.
"""

from __future__ import annotations

import selectors
from contextlib import ExitStack, closing
from itertools import chain
from time import monotonic, perf_counter_ns

from perfmon.perftest.cases import Case, Finding
from perfmon.perftest.connections import Connection, Exchange, word_for
from perfmon.perftest.samples import Sample
from perfmon.perftest.subjects import Subject, Tell
from perfmon.series import NS_PER_MS

CHECK = "concurrency"


def check_volleys(subject: Subject, route: str, tell: Tell) -> Case:
    """Send one volley to warm up and then those that count; the success rate is that of the worst volley."""
    extent, budgets, began_s = subject.extent, subject.budgets, monotonic()
    volley(subject, route)
    volleys = []
    for done in range(extent.volleys):
        tell(done * extent.at_once, extent.volleys * extent.at_once)
        volleys.append(volley(subject, route))
    sample = Sample(chain.from_iterable(volleys))
    times_ms = sample.times_ms()
    worst_pct = min((Sample(one).success_pct or 0.0 for one in volleys), default=None)
    return Case(
        CHECK,
        route,
        (
            Finding("p95", times_ms["p95"], "<=", budgets.perftest_at_once_p95_ms, "ms"),
            Finding("success", worst_pct, ">", budgets.perftest_success_pct, "%"),
        ),
        {
            "requests": sample.count,
            "volleys": extent.volleys,
            **times_ms,
            "success_pct": worst_pct,
            "failed": sample.failed,
            "sent_within_ms": max(map(_sent_within_ms, volleys), default=0.0),
        },
        dict(sample.failures),
        took_s=monotonic() - began_s,
    )


def volley(subject: Subject, route: str) -> list[Exchange]:
    """Send so many requests at once and return them; one whose connection fails has failed with the time it took."""
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        connections = [stack.enter_context(closing(subject.connection())) for _ in range(subject.extent.at_once)]
        failed = [exchange for connection in connections if (exchange := _opened(connection)) is not None]
        ready = [connection for connection in connections if connection.socket is not None]
        for connection in ready:
            exchange = connection.begin(route)
            if exchange is not None:
                failed.append(exchange)
        for connection in ready:
            if connection.socket is not None:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
        return failed + _answered(selector, subject.extent.timeout_s)


def _opened(connection: Connection) -> Exchange | None:
    """Connect; return what came of it when that failed."""
    began_ns = perf_counter_ns()
    try:
        connection.open()
    except OSError as error:
        return Exchange(began_ns, perf_counter_ns() - began_ns, word_for(error))
    return None


def _answered(selector: selectors.BaseSelector, timeout_s: float) -> list[Exchange]:
    """Read answers until all are there or the time is over."""
    deadline_s = monotonic() + timeout_s
    exchanges = []
    while selector.get_map():
        ready = [key for key, _events in selector.select(max(0.0, deadline_s - monotonic()))]
        for key in ready or list(selector.get_map().values()):  # nothing came: taking them finds that time is over
            exchange = key.data.take(deadline_s)
            if exchange is not None:
                selector.unregister(key.fileobj)
                exchanges.append(exchange)
    return exchanges


def _sent_within_ms(exchanges: list[Exchange]) -> float:
    """Return the time between the first and the last request of a volley."""
    started = [one.started_ns for one in exchanges]
    return (max(started) - min(started)) / NS_PER_MS if started else 0.0
