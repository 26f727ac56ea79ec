"""A streamed chat completion as OpenAI's API has it and others copy it, read into our values."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable
from typing import Any, TypeVar, cast

from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from articles.enums import CallOutcome
from articles.providers.base import CHARS_PER_TOKEN, ChatRequest, Delta, Endpoint, ProviderError, Usage
from articles.providers.errors import error_of, scrubbed
from articles.providers.openai_fields import fields_of, leave_out
from articles.providers.transport import Transport, client_of

IDLE_S = 30.0
_TAIL_S = 2.0  # for the count of tokens, which follows the last words
_MOST_TOKEN_CHARS = 16
_MOST_TRIES = 4  # each with less of what the server does not know
_LENGTH = frozenset({"length", "max_tokens", "model_length"})
_FAILED = {"error": CallOutcome.BROKEN, "insufficient_system_resource": CallOutcome.SERVER_ERROR}

Awaited = TypeVar("Awaited")


async def answer_stream(endpoint: Endpoint, request: ChatRequest, trace_id: str) -> AsyncGenerator[Delta]:
    """Yield the pieces of an answer, the last with how it ended; raises what ``error_of`` understands."""
    patience = Patience(endpoint)
    reader = Reader(endpoint)
    async with contextlib.AsyncExitStack() as stack:
        transport = Transport(endpoint)
        client = await stack.enter_async_context(client_of(endpoint, transport))
        chunks = await patience.wait(_begun(client, endpoint, request, trace_id))
        stack.push_async_callback(_end, chunks, transport)
        while not reader.is_whole:
            try:
                chunk = await patience.wait(anext(chunks))
            except StopAsyncIteration:
                break
            except _TailOver:
                break
            text = reader.take(chunk)
            patience.heard(reader)
            if text:
                yield Delta(text, reader.tokens, reader.model)
        yield reader.last()


async def _end(chunks: AsyncStream[ChatCompletionChunk], transport: Transport) -> None:
    """Read what is there already to its end, and close the connection."""
    if transport.body is not None:
        transport.body.enough()
    with contextlib.suppress(Exception):
        while True:
            await anext(chunks)
    await chunks.close()


async def _begun(
    client: AsyncOpenAI, endpoint: Endpoint, request: ChatRequest, trace_id: str
) -> AsyncStream[ChatCompletionChunk]:
    """Send the request; again, with less, while the server names fields that it does not know."""
    messages: Any = [message._asdict() for message in request.messages]
    for tries_left in reversed(range(_MOST_TRIES)):
        fields = fields_of(endpoint, request)
        try:
            return await client.chat.completions.create(
                model=endpoint.model,
                messages=messages,
                stream=True,
                extra_body=fields,
                extra_headers={"traceparent": f"00-{trace_id}-{trace_id[:16]}-01"} if trace_id else None,
            )
        except Exception as error:
            failure = error_of(error, endpoint)
        if not tries_left or not leave_out(endpoint, fields, failure):
            break
    raise failure


class _TailOver(Exception):
    """Nothing came after the last words, so there is no count of tokens."""


class Patience:
    """How long each wait may be: until the first token, from piece to piece, and for the whole answer."""

    def __init__(self, endpoint: Endpoint) -> None:
        now = asyncio.get_running_loop().time()
        self._first_until, self._whole_until = now + endpoint.first_token_s, now + endpoint.total_s
        self._has_begun = self._is_finished = False

    def heard(self, reader: Reader) -> None:
        """Note how far the answer is."""
        self._has_begun, self._is_finished = reader.has_begun, bool(reader.finish)

    async def wait(self, work: Awaitable[Awaited]) -> Awaited:
        """Wait for the next thing; raises ProviderError when it took too long."""
        now = asyncio.get_running_loop().time()
        until, words = self._limit(now)
        try:
            async with asyncio.timeout(max(0.0, min(until, self._whole_until) - now)):
                return await work
        except TimeoutError:
            if self._is_finished:
                raise _TailOver from None
            if until >= self._whole_until:
                words = "The answer was not whole in time."
            raise ProviderError(CallOutcome.TIMEOUT, words) from None

    def _limit(self, now: float) -> tuple[float, str]:
        if self._is_finished:
            return now + _TAIL_S, ""
        if self._has_begun:
            return now + IDLE_S, "The answer stopped coming."
        return self._first_until, "The first words did not come in time."


class Reader:
    """Puts together what the chunks say, whichever server's they are."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._refusal = ""
        self.tokens = 0
        self.model = endpoint.model
        self.finish = ""
        self.usage: Usage | None = None
        self.has_begun = False
        self.is_whole = False

    def take(self, chunk: ChatCompletionChunk) -> str:
        """Read a chunk and return its text: what a model thinks before it answers is none."""
        self.model = str(chunk.model or self.model)[:120]
        is_counted = self._count(chunk.usage)
        choices: list[Any] = list(chunk.choices or ())
        text = self._choice(choices[0]) if choices else ""
        self.is_whole = bool(self.finish) and is_counted  # some count in each chunk, so only the last count ends it
        return text

    def _choice(self, choice: Any) -> str:
        delta, finish = choice.delta, choice.finish_reason
        text = _text(getattr(delta, "content", None))
        self._refusal += _text(getattr(delta, "refusal", None))
        is_thinking = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
        self.has_begun = self.has_begun or bool(text or is_thinking)
        if text:
            self.tokens += 1 if len(text) <= _MOST_TOKEN_CHARS else round(len(text) / CHARS_PER_TOKEN)
        if finish:
            self.finish = str(finish).lower()
        return text

    def last(self) -> Delta:
        """Return the piece that ends the answer; raises ProviderError when it ended badly."""
        if self._refusal or self.finish.startswith("content_filter") or self.finish == "safety":
            words = scrubbed(self._refusal, self._endpoint) or "The provider's moderation stopped the answer."
            raise ProviderError(CallOutcome.REFUSED, words)
        if self.finish in _FAILED:
            raise ProviderError(_FAILED[self.finish], f"The provider ended the answer: {self.finish}.")
        if not self.finish:
            raise ProviderError(CallOutcome.BROKEN, "The answer ended before it was whole.")
        finish = "length" if self.finish in _LENGTH else "stop"
        return Delta("", self.tokens, self.model, finish, self.usage)

    def _count(self, usage: Any) -> bool:
        tokens_in = getattr(usage, "prompt_tokens", None)
        tokens_out = getattr(usage, "completion_tokens", None)
        if isinstance(tokens_in, int) and isinstance(tokens_out, int):
            self.usage = Usage(tokens_in, tokens_out)
            return True
        return False


def _text(content: object) -> str:
    """Return a delta's words: a string, or as Mistral's thinking models have it, parts of which some are text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (cast("dict[str, Any]", part) for part in content if isinstance(part, dict))
        return "".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
    return ""
