"""A call of a provider, for a thread: pieces of the answer as they come, and an end at any moment."""

from __future__ import annotations

import asyncio
import queue
from contextlib import aclosing

from articles.providers import loop
from articles.providers.base import ChatRequest, Delta, Endpoint, ProviderError
from articles.providers.errors import error_of
from articles.providers.openai_compatible import answer_stream

_MOST_WAITING = 256
_FULL_PAUSE_S = 0.02


def open_call(endpoint: Endpoint, request: ChatRequest, *, trace_id: str) -> Call:
    """Start a call and return at once. Whoever opens one closes it, however it went."""
    return Call(endpoint, request, trace_id)


class Call:
    """An answer being streamed by this process's loop into a bounded queue, which one thread empties."""

    def __init__(self, endpoint: Endpoint, request: ChatRequest, trace_id: str) -> None:
        self._endpoint = endpoint
        self._pieces: queue.Queue[Delta | ProviderError | None] = queue.Queue(_MOST_WAITING)
        self._is_over = False
        self._work = loop.submit(self._pump(request, trace_id))

    def next(self, timeout_s: float) -> Delta | None:
        """Return the next piece; None when none came within ``timeout_s``.

        Raises ProviderError when the call failed, StopIteration after the last piece and once it is closed.
        """
        if self._is_over:
            raise StopIteration
        try:
            piece = self._pieces.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(piece, Delta):
            return piece
        self._is_over = True
        if piece is None:
            raise StopIteration
        raise piece

    def close(self) -> None:
        """Let go of the provider's connection at once, whatever it is at."""
        self._is_over = True
        self._work.cancel()

    async def _pump(self, request: ChatRequest, trace_id: str) -> None:
        end: ProviderError | None = None
        try:
            async with aclosing(answer_stream(self._endpoint, request, trace_id)) as pieces:
                async for piece in pieces:
                    await self._put(piece)
        except Exception as error:
            end = error_of(error, self._endpoint).with_traceback(None)  # its frames are of another thread's
        await self._put(end)

    async def _put(self, piece: Delta | ProviderError | None) -> None:
        # Nobody else puts, so there is room when this ends. The thread that makes it has no event to set here.
        while self._pieces.full():  # noqa: ASYNC110
            await asyncio.sleep(_FULL_PAUSE_S)
        self._pieces.put_nowait(piece)
