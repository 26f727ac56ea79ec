"""The middleware that measures requests, sync and async; put it first, so that the others' time counts too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from time import perf_counter_ns
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from perfmon import guard
from perfmon.conf import get_config
from perfmon.context import RequestTrace, current
from perfmon.recorders.loads import timing_text
from perfmon.recorders.requests import RequestRecorder, finish, ignored_prefixes

CLIENT_CLOSED = 499  # nginx's status for a client that left before the answer
TRACE_HEADER = "X-Trace-Id"
SAFE_METHODS = ("GET", "HEAD")  # their answers may be kept and given to others, for whom the id would be a wrong one
Next = Callable[[HttpRequest], HttpResponseBase]
AsyncNext = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class PerfmonMiddleware:
    """Times a request from first to last byte and counts what it did on the way.

    A streamed answer tells nothing of its duration: its head goes out before that is known.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Next | AsyncNext) -> None:
        self.get_response: Any = get_response
        self._measuring = get_config().enabled and RequestRecorder.installed
        self._ignored: tuple[str, ...] | None = None
        self._server_timing = get_config().server_timing
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._call_async(request)
        if not self._measuring:
            return cast("HttpResponseBase", self.get_response(request))
        ignored = self._ignored
        if ignored is None:
            ignored = self._find_ignored()
        trace = RequestTrace(perf_counter_ns(), request.path_info.startswith(ignored), request.META)
        token = current.set(trace)
        try:
            response: HttpResponseBase = self.get_response(request)
        except BaseException:
            self._end(request, 500, trace)
            raise
        finally:
            current.reset(token)
        if trace.trace_id:
            _tell_trace(request, response, trace)
        if not trace.muted:
            if response.streaming:
                _time_stream(request, cast("StreamingHttpResponse", response), trace)
            else:
                duration_ns = finish(request, response.status_code, trace)
                if trace.told or self._server_timing:
                    response.headers["Server-Timing"] = trace.told or timing_text(duration_ns)
        return response

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        if not self._measuring:
            return cast("HttpResponseBase", await self.get_response(request))
        ignored = self._ignored if self._ignored is not None else self._find_ignored()
        trace = RequestTrace(perf_counter_ns(), request.path_info.startswith(ignored), request.META)
        token = current.set(trace)
        try:
            response: HttpResponseBase = await self.get_response(request)
        except BaseException as error:
            self._end(request, 500 if isinstance(error, Exception) else CLIENT_CLOSED, trace)
            raise
        finally:
            current.reset(token)
        if trace.trace_id:
            _tell_trace(request, response, trace)
        if response.streaming and not trace.muted:
            _time_stream(request, cast("StreamingHttpResponse", response), trace)
        elif not trace.muted:
            duration_ns = finish(request, response.status_code, trace)
            if trace.told or self._server_timing:
                response.headers["Server-Timing"] = trace.told or timing_text(duration_ns)
        return response

    def _find_ignored(self) -> tuple[str, ...]:
        """Return the prefixes left out, on the first request: the URLs are not loaded when middleware is made."""
        try:
            self._ignored = ignored_prefixes()
        except Exception as error:
            guard.count_failure("ignored_prefixes", error)
            return ()
        return self._ignored

    def _end(self, request: HttpRequest, status: int, trace: RequestTrace) -> None:
        if not trace.muted:
            finish(request, status, trace)


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
        try:
            return cast("bytes", await anext(self._chunks))
        except StopAsyncIteration:
            self._finish(self._status)
            raise
        except Exception:
            self._finish(500)
            raise
