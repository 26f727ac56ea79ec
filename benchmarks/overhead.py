"""What recording costs a request, beside django-prometheus, over bare Django.

All stacks live in one process and take turns every few milliseconds, so that the machine's drift hits all alike. Each
has its own handler and its own connection to one SQLite file. Under WSGI the figure is wall time a request in this
thread, with perfmon's flush thread running as it does in service. What the flush takes for each request is measured by
itself, as rounds of milliseconds hardly ever meet it. Under Django's ASGI handler a request costs ten
times as much, and the spread between rounds is larger than the cost that is looked for: the target is that the
difference stays within it.
"""

from __future__ import annotations

import asyncio
import gc
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Samples, differences, figures, interleaved, median_difference, say, spread
from benchmarks.report import Result
from benchmarks.sites import overhead as site
from benchmarks.tables import Section, Table

PLAIN_LIMIT_US, FIVE_LIMIT_US = 6.0, 25.0
PEER_SHARE = 1 / 8
ROUNDS, QUICK_ROUNDS = 800, 200
FLUSHES, FLUSHED_REQUESTS = 15, 100
FIVE_TIMES = 2  # as many rounds of five queries: they differ by more than is looked for
#: Requests a turn: few, so that turns that are compared are a few milliseconds apart, and the machine as fast in both.
PLAIN_REQUESTS, FIVE_REQUESTS, ASGI_REQUESTS = 20, 4, 10
SECTION = Section(
    bound_s=90,
    versions=("Django", "django-prometheus", "asgiref", "SQLite"),
    tables=(
        Table(
            ("us a request", "bare Django", "perfmon adds", "its flush, later", "django-prometheus adds"),
            tuple(
                (text, f"{what}_bare_us", f"{what}_perfmon_cost_us", f"{what}_flush_us", f"{what}_prometheus_cost_us")
                for what, text in {
                    "plain": "plain view, WSGI handler",
                    "five_queries": "5 ORM queries, WSGI handler",
                    "asgi": "plain async view, ASGI handler",
                }.items()
            ),
        ),
    ),
)


def environ(path: str) -> dict[str, Any]:
    """Return the environ of a GET."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "benchmark",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


def handlers(make: Callable[[], Any]) -> dict[str, Any]:
    """Return each stack's handler."""
    from django.test.utils import override_settings

    found = {}
    for stack, middleware in site.STACKS.items():
        with override_settings(MIDDLEWARE=middleware):
            found[stack] = make()
    return found


def wsgi_us(handler: Any, path: str, requests: int) -> float:
    """Return microseconds a request."""

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        assert status == "200 OK", status

    started = time.perf_counter()
    for _ in range(requests):
        response = handler(environ(path), start_response)
        for _chunk in response:
            pass
        response.close()
    return 1e6 * (time.perf_counter() - started) / requests


def asgi_us(handler: Any, path: str, requests: int, loop: asyncio.AbstractEventLoop) -> float:
    """Return microseconds a request through Django's ASGI handler."""
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "http_version": "1.1"}

    async def serve() -> None:
        for _ in range(requests):
            waiting = iter([{"type": "http.request", "body": b"", "more_body": False}])

            async def receive() -> dict[str, Any]:
                for message in waiting:  # noqa: B023  read before the next round
                    return message
                await asyncio.sleep(3600)  # the client stays
                return {}

            async def send(message: dict[str, Any]) -> None:
                assert message.get("status", 200) == 200

            await handler({**scope}, receive, send)

    started = time.perf_counter()
    loop.run_until_complete(serve())
    return 1e6 * (time.perf_counter() - started) / requests


def flush_us(handler: Any, path: str, requests: int) -> float:
    """Return the processor time in us that one request more costs the flush, which this thread runs itself."""
    from perfmon.ingest import ingest

    def flushed_us(requests: int) -> float:
        wsgi_us(handler, path, requests)
        started_ns = time.thread_time_ns()
        ingest.flush(int(time.time()))
        return (time.thread_time_ns() - started_ns) / 1e3

    ingest.stop()
    ingest.threaded = False
    try:
        costs = interleaved({"one": lambda: flushed_us(1), "many": lambda: flushed_us(1 + requests)}, FLUSHES)
    finally:
        ingest.threaded = True
    return median_difference(costs, "many", "one") / requests


def measured(candidates: dict[str, Callable[[], float]], rounds: int) -> Samples:
    """Warm up, then take turns without the garbage collector's large rounds in between."""
    interleaved(candidates, 3)
    gc.collect()
    gc.freeze()
    return interleaved(candidates, rounds)


def run(quick: bool) -> Result:
    """Measure the plain view, the view with five queries and the ASGI handler."""
    result = Result("overhead")
    with tempfile.TemporaryDirectory() as folder:
        site.set_up(Path(folder))
        from django.core.handlers.asgi import ASGIHandler
        from django.core.handlers.wsgi import WSGIHandler

        wsgi = handlers(WSGIHandler)
        rounds = QUICK_ROUNDS if quick else ROUNDS
        say("plain view")
        _plain(result, wsgi, rounds)
        say("five queries")
        _five(result, wsgi, FIVE_TIMES * rounds)
        say("ASGI handler")
        _asgi(result, handlers(ASGIHandler), rounds // 20)
    return result


def _plain(result: Result, wsgi: dict[str, Any], rounds: int) -> None:
    samples = measured({name: _bound(handler, "/plain/", PLAIN_REQUESTS) for name, handler in wsgi.items()}, rounds)
    result.metrics["plain_flush_us"] = flush_us(wsgi["perfmon"], "/plain/", FLUSHED_REQUESTS)
    _hold(result, "plain", samples, PLAIN_LIMIT_US, "a plain view")


def _five(result: Result, wsgi: dict[str, Any], rounds: int) -> None:
    samples = measured(
        {name: _bound(handler, f"/five/{name}/", FIVE_REQUESTS) for name, handler in wsgi.items()}, rounds
    )
    result.metrics["five_queries_flush_us"] = flush_us(wsgi["perfmon"], "/five/perfmon/", FLUSHED_REQUESTS)
    _hold(result, "five_queries", samples, FIVE_LIMIT_US, "a view with 5 queries")


def _bound(handler: Any, path: str, requests: int) -> Callable[[], float]:
    return lambda: wsgi_us(handler, path, requests)


def _hold(result: Result, what: str, samples: Samples, limit_us: float, says: str) -> None:
    costs = _costs(result, what, samples)
    ours, theirs = (statistics.median(costs[name]) for name in ("perfmon", "prometheus"))
    shares = [a / b for a, b in zip(costs["perfmon"], costs["prometheus"], strict=True) if b > 0]
    result.at_most(f"{what}_perfmon_cost_us", ours, limit_us, f"recording a request to {says}", costs["perfmon"])
    result.at_most(
        f"{what}_share_of_prometheus",
        ours / theirs,
        PEER_SHARE,
        f"the same as a share of django-prometheus, {says}",
        shares,
    )


def _costs(result: Result, what: str, samples: Samples) -> Samples:
    """Note every stack's figures, and return what each of the two adds to the bare one, round by round."""
    costs = {name: differences(samples, name, "bare") for name in ("perfmon", "prometheus")}
    result.metrics |= figures({f"{what}_{name}": values for name, values in samples.items()}, "us")
    result.metrics |= figures({f"{what}_{name}_cost": values for name, values in costs.items()}, "us")
    return costs


def _asgi(result: Result, asgi: dict[str, Any], rounds: int) -> None:
    loop = asyncio.new_event_loop()
    candidates = {
        name: lambda handler=handler: asgi_us(handler, "/async/", ASGI_REQUESTS, loop) for name, handler in asgi.items()
    }  # fmt: skip
    samples = measured(candidates, rounds)  # type: ignore[arg-type]
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    cost = statistics.median(_costs(result, "asgi", samples)["perfmon"])
    low, high = spread(samples["bare"])
    says = "cost under ASGI as a share of what bare Django's own rounds differ by"
    result.at_most("asgi_cost_to_spread_of_bare_ratio", cost / (high - low), 1.0, says)
