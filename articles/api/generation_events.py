"""GET /events/generation/{id}: a job as server-sent events, for programs without websockets. It holds no thread.

Served by Django's ASGI handler: see ``omniwriter/asgi.py``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from articles.api.answers import PRIVATE
from articles.api.problems import method_not_allowed, not_authenticated, problem
from articles.generation.access import LOG_IN, OK, RECHECK_S, Credential, standing
from articles.generation.opening import job_is_over
from articles.generation.tape import is_seq
from articles.generation.threads import in_thread
from articles.generation.viewer_frames import SSE_END_ID
from articles.generation.viewers import Take, get_viewers
from articles.tokens import bearer

HEARTBEAT_S = 15.0
MOST_STREAMS = 20  # of one account, in one process
_RETRY_MS = 1_000
_NOT_FOUND = "There is no such job, or it is not this account's."
_TOO_MANY = f"This account follows {MOST_STREAMS} jobs already. End one of these connections first."

_open: Counter[int] = Counter()


async def generation_events(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Answer with every event from now on, or from ``Last-Event-ID`` on, until the job's end."""
    if request.method != "GET":
        return method_not_allowed("GET")
    credential = _credential(request)
    code, account_id = await in_thread(standing)(credential, job_id)
    if code != OK:
        return not_authenticated("Log in first, or send a token.") if code == LOG_IN else problem(404, _NOT_FOUND)
    if _open[account_id] >= MOST_STREAMS:
        return problem(429, _TOO_MANY, headers={"Retry-After": "10"})
    last = request.headers.get("Last-Event-ID", "")
    if last == SSE_END_ID and await in_thread(job_is_over)(job_id):
        return HttpResponse(status=204)  # so a browser asks no more
    events = _events(job_id, last if is_seq(last) else "", credential, account_id)
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = PRIVATE
    response["X-Accel-Buffering"] = "no"
    return response


def _credential(request: HttpRequest) -> Credential:
    token = bearer(request.META.get("HTTP_AUTHORIZATION", ""))
    return Credential(token=token) if token else Credential(session=request.session.session_key or "")


async def _events(job_id: int, after: str, credential: Credential, account_id: int) -> AsyncGenerator[bytes]:
    _open[account_id] += 1
    try:
        async with get_viewers().watching(job_id, after=after, wants_html=False) as take:
            yield b"retry: %d\n\n" % _RETRY_MS
            async for told in _told(take, credential, job_id):
                yield told
    finally:
        _open[account_id] -= 1
        if not _open[account_id]:
            del _open[account_id]


async def _told(take: Take, credential: Credential, job_id: int) -> AsyncGenerator[bytes]:
    """Yield the events, something to keep the connection open while there are none, and nothing to who may no more."""
    loop = asyncio.get_running_loop()
    checked_s = loop.time()
    while True:
        if loop.time() - checked_s >= RECHECK_S:
            checked_s = loop.time()
            if (await in_thread(standing)(credential, job_id)).code != OK:
                return
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                frame = await take()
        except TimeoutError:
            yield b": still there\n\n"
            continue
        yield frame.sse
        if frame.is_end:
            return
