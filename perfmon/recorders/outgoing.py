"""Outgoing HTTP calls of this process by host and class of route: how long until the answer's head, and what it was.

Hooked are ``http.client``, which the standard library, requests and urllib3 send through, and the transports of httpx
and httpx2, sync and async. Measured is from the request's first byte, or from connecting where that comes with it, to
the end of the answer's head; what streams afterwards is not. A redirect or a retry is a call of its own. Bodies,
headers, ports, credentials and query strings are looked at by nobody. urllib3 connects for HTTPS before it says what
for, so a host that it can't reach has failed calls of the method CONNECT.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable
from functools import wraps
from threading import get_ident
from time import perf_counter_ns
from typing import Any, cast

from perfmon import guard
from perfmon.context import current
from perfmon.ingest import shards
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.recorders.imports import forget, when_imported
from perfmon.recorders.routes import admitted, forget_routes
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window

NO_ANSWER = "failed"  # in the place of a status class
FAILED_FROM = 400
TRANSPORTS = ("httpx", "httpx2")  # top-level packages with the same two classes
URLLIB3 = "urllib3.connection"
_OVERFLOW = f"{OVERFLOW_KEY} {OVERFLOW_KEY}"
_STARTED = "_perfmon_call"


class CallSlot(Durations):
    """What one thread called of one host and route this second. Durations in nanoseconds."""

    __slots__ = ("classes", "count", "errors", "key")

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.count = self.errors = 0
        self.classes: dict[str, int] = {}

    def add(self, duration_ns: int, status: int | None) -> None:
        """Count one call; ``status`` None when there was no answer."""
        self.count += 1
        self.errors += status is None or status >= FAILED_FROM
        self.values.append(duration_ns)
        if len(self.values) >= FOLD_AT:
            self.fold()
        name = NO_ANSWER if status is None else f"{status // 100}xx"
        self.classes[name] = self.classes.get(name, 0) + 1

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the calls, and how many of each status class."""
        yield SeriesKey("outgoing", self.key), self.window(self.count, self.errors)
        for name, count in self.classes.items():
            yield SeriesKey("outgoing_status", f"{self.key} {name}"), Window(count)


def count_call(host: str, method: str, path: str, duration_ns: int, status: int | None) -> None:
    """Count one outgoing call; ``status`` None when it failed without an answer. Never raises."""
    trace = current.get()
    if trace is not None and trace.muted:
        return
    try:
        key = admitted(host, method, path)
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            slot = cast("CallSlot | None", shard.slots.get(("outgoing", key))) or shard.slot(
                ("outgoing", key), lambda: CallSlot(key), ("outgoing", _OVERFLOW), lambda: CallSlot(_OVERFLOW)
            )
            slot.add(duration_ns, status)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("outgoing", error)


class OutgoingRecorder:
    """Puts timed methods in the place of those that send; ``uninstall`` puts the old ones back."""

    def __init__(self) -> None:
        self._replaced: list[tuple[type[Any], str, Any, Any]] = []

    def install(self) -> None:
        """Hook ``http.client`` now, and each of the other packages as soon as something imports it."""
        connection = http.client.HTTPConnection
        self._replace(connection, "putrequest", _timed_start)
        self._replace(connection, "endheaders", _timed_send)
        self._replace(connection, "getresponse", _timed_answer)
        for name in TRANSPORTS:
            when_imported(name, self._hook_transports)
        when_imported(URLLIB3, self._hook_urllib3)

    def uninstall(self) -> None:
        """Take every hook away, unless somebody has put another over it."""
        for name in TRANSPORTS:
            forget(name, self._hook_transports)
        forget(URLLIB3, self._hook_urllib3)
        while self._replaced:
            owner, name, old, ours = self._replaced.pop()
            if vars(owner).get(name) is ours:
                setattr(owner, name, old)
        forget_routes()

    def _hook_transports(self, package: Any) -> None:
        self._replace(package.HTTPTransport, "handle_request", _timed_transport)
        self._replace(package.AsyncHTTPTransport, "handle_async_request", _timed_async_transport)

    def _hook_urllib3(self, module: Any) -> None:
        self._replace(module.HTTPSConnection, "connect", _timed_connect)

    def _replace(self, owner: type[Any], name: str, timed: Callable[[Any], Any]) -> None:
        old = vars(owner)[name]
        if not any(owner is held and name == of for held, of, _old, _ours in self._replaced):  # httpx may be httpx2
            ours = timed(old)
            setattr(owner, name, ours)
            self._replaced.append((owner, name, old, ours))


def _timed_start(method: Callable[..., Any]) -> Callable[..., Any]:
    """Note when a request was begun, and what it is."""

    @wraps(method)
    def putrequest(self: Any, verb: str, url: str, *args: Any, **kwargs: Any) -> Any:
        vars(self)[_STARTED] = (perf_counter_ns(), verb, url)
        return method(self, verb, url, *args, **kwargs)

    return putrequest


def _timed_connect(method: Callable[..., Any]) -> Callable[..., Any]:
    """Count a connection that was not made before any request was begun on it."""

    @wraps(method)
    def connect(self: Any) -> Any:
        started_ns = perf_counter_ns()
        try:
            return method(self)
        except Exception:
            if _STARTED not in vars(self):
                count_call(_host_of(self), "CONNECT", "/", perf_counter_ns() - started_ns, None)
            raise

    return connect


def _timed_send(method: Callable[..., Any]) -> Callable[..., Any]:
    """Count a request that could not be sent, most often because nobody was there."""

    @wraps(method)
    def endheaders(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception:
            _finish(self, None)
            raise

    return endheaders


def _timed_answer(method: Callable[..., Any]) -> Callable[..., Any]:
    """Count a request whose answer's head is there, or will not come."""

    @wraps(method)
    def getresponse(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            response = method(self, *args, **kwargs)
        except Exception:
            _finish(self, None)
            raise
        _finish(self, response.status)
        return response

    return getresponse


def _finish(connection: Any, status: int | None) -> None:
    started = vars(connection).pop(_STARTED, None)
    if started is not None:
        started_ns, verb, url = started
        ended_ns = perf_counter_ns()
        host, path = _host_of(connection), str(url)
        if "://" in path:  # asked through a proxy, which is told the whole address
            host, path = _split(path)
        count_call(host, str(verb), path, ended_ns - started_ns, status)


def _host_of(connection: Any) -> str:
    return str(getattr(connection, "_tunnel_host", None) or connection.host)


def _split(url: str) -> tuple[str, str]:
    """Return host and path of a whole address."""
    place, _slash, path = url.partition("://")[2].partition("/")
    host = place.rpartition("@")[2].partition("?")[0]
    return (host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]), f"/{path}"


def _timed_transport(method: Callable[..., Any]) -> Callable[..., Any]:
    """Time one call of a sync transport."""

    @wraps(method)
    def handle_request(self: Any, request: Any) -> Any:
        started_ns = perf_counter_ns()
        try:
            response = method(self, request)
        except Exception:
            _count_request(request, perf_counter_ns() - started_ns, None)
            raise
        _count_request(request, perf_counter_ns() - started_ns, response.status_code)
        return response

    return handle_request


def _timed_async_transport(method: Callable[..., Any]) -> Callable[..., Any]:
    """Time one call of an async transport."""

    @wraps(method)
    async def handle_async_request(self: Any, request: Any) -> Any:
        started_ns = perf_counter_ns()
        try:
            response = await method(self, request)
        except Exception:
            _count_request(request, perf_counter_ns() - started_ns, None)
            raise
        _count_request(request, perf_counter_ns() - started_ns, response.status_code)
        return response

    return handle_async_request


def _count_request(request: Any, duration_ns: int, status: int | None) -> None:
    count_call(str(request.url.host), str(request.method), str(request.url.path), duration_ns, status)
