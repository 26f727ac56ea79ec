"""The middleware that measures requests, sync and async; put it first, so that the others' time counts too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.decorators import sync_and_async_middleware

from perfmon import guard
from perfmon.conf import get_config
from perfmon.context import RequestTrace, current
from perfmon.recorders.loads import timing_text
from perfmon.recorders.requests import RequestRecorder, begin, count_so_far, finish, ignored_prefixes

CLIENT_CLOSED = 499  # nginx's status for a client that left before the answer
TRACE_HEADER = "X-Trace-Id"
SAFE_METHODS = ("GET", "HEAD")  # their answers may be kept and given to others, for whom the id would be a wrong one
Next = Callable[[HttpRequest], HttpResponseBase]
AsyncNext = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def PerfmonMiddleware(get_response: Any) -> Any:  # noqa: N802  the name that settings have
    """Return what times a request from first to last byte and counts what it did on the way.

    A streamed answer tells nothing of its duration: its head goes out before that is known. A function that returns a
    function: to call an object costs a request 2 us more where the processor's caches are cold.
    """
    config = get_config()
    if not (config.enabled and RequestRecorder.installed):
        return get_response
    return (_measured_async if iscoroutinefunction(get_response) else _measured)(get_response, config.server_timing)


def _measured(get_response: Next, server_timing: bool) -> Next:
    enter, leave = current.set, current.reset
    ignored: tuple[str, ...] = ()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        nonlocal ignored
        if not ignored:
            ignored = _find_ignored()
        trace = begin(request.META, request.path_info.startswith(ignored))
        token = enter(trace)
        try:
            response = get_response(request)
        except BaseException:
            _end(request, 500, trace)
            raise
        finally:
            leave(token)
        if trace.noted or server_timing or response.streaming:
            _answered(request, response, trace, server_timing)
        else:
            finish(request, response.status_code, trace)
        return response

    return middleware


def _measured_async(get_response: AsyncNext, server_timing: bool) -> AsyncNext:
    ignored: tuple[str, ...] = ()

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        nonlocal ignored
        if not ignored:
            ignored = _find_ignored()
        trace = begin(request.META, request.path_info.startswith(ignored))
        token = current.set(trace)
        try:
            response = await get_response(request)
        except BaseException as error:
            _end(request, 500 if isinstance(error, Exception) else CLIENT_CLOSED, trace)
            raise
        finally:
            current.reset(token)
        if trace.noted or server_timing or response.streaming:
            _answered(request, response, trace, server_timing)
        else:
            finish(request, response.status_code, trace)
        return response

    return middleware


def _find_ignored() -> tuple[str, ...]:
    """Return the prefixes left out, on the first request: the URLs are not loaded when middleware is made."""
    try:
        return ignored_prefixes()
    except Exception as error:
        guard.count_failure("ignored_prefixes", error)
        return ()


def _end(request: HttpRequest, status: int, trace: RequestTrace) -> None:
    if not trace.muted:
        finish(request, status, trace)


def _answered(request: HttpRequest, response: HttpResponseBase, trace: RequestTrace, server_timing: bool) -> None:
    """Name the trace in the answer, and count the request; a streamed one at the end of its stream."""
    if trace.trace_id:
        _tell_trace(request, response, trace)
    if trace.muted:
        return
    if response.streaming:
        _time_stream(request, cast("StreamingHttpResponse", response), trace)
        return
    duration_ns = finish(request, response.status_code, trace)
    if trace.told or server_timing:
        response.headers["Server-Timing"] = trace.told or timing_text(duration_ns)


def _tell_trace(request: HttpRequest, response: HttpResponseBase, trace: RequestTrace) -> None:
    """Name the trace in the answer to a request that began something: only where an id was needed anyway."""
    if request.method not in SAFE_METHODS:
        response.headers[TRACE_HEADER] = trace.trace_id


def _time_stream(request: HttpRequest, response: StreamingHttpResponse, trace: RequestTrace) -> None:
    timed = (TimedAsyncStream if response.is_async else TimedStream)(request, response, trace)
    response.streaming_content = timed


class TimedBody:
    """A streamed body that counts its request once: at the last chunk, at a failure, or when it is closed early."""

    def __init__(self, request: HttpRequest, response: StreamingHttpResponse, trace: RequestTrace) -> None:
        self._request, self._status, self._trace = request, response.status_code, trace
        self._chunks: Any = response.streaming_content
        self._finished = False

    def close(self) -> None:
        """Count a body that was given up; Django closes the app's own iterator itself."""
        self._finish(CLIENT_CLOSED)

    def _finish(self, status: int) -> None:
        if not self._finished:
            self._finished = True
            finish(self._request, status, self._trace)


class TimedStream(TimedBody):
    """A body that a thread pulls."""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        count_so_far(self._trace)
        token = current.set(self._trace)  # only while the app's code runs: the thread serves others in between
        try:
            return cast("bytes", next(self._chunks))
        except StopIteration:
            self._finish(self._status)
            raise
        except BaseException:
            self._finish(500)
            raise
        finally:
            current.reset(token)


class TimedAsyncStream(TimedBody):
    """A body that an event loop pulls."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        count_so_far(self._trace)
        try:
            return cast("bytes", await anext(self._chunks))
        except StopAsyncIteration:
            self._finish(self._status)
            raise
        except Exception:
            self._finish(500)
            raise
