"""Asking a provider as the runner does, until the end."""

from __future__ import annotations

from typing import Any

from articles.providers import health
from articles.providers.base import ChatRequest, Delta, Endpoint, Message, ProviderError
from articles.providers.calls import open_call
from articles.providers.router import turn

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def request_of(prompt: str = "Write about bread.", **changes: Any) -> ChatRequest:
    """Return a request of one message."""
    return ChatRequest(**{"messages": (Message("user", prompt),), "max_tokens": 100, **changes})


def ask(endpoint: Endpoint, request: ChatRequest | None = None) -> list[Delta]:
    """Return all pieces of an answer; raises ProviderError as the call does."""
    call = open_call(endpoint, request or request_of(), trace_id=TRACE_ID)
    pieces: list[Delta] = []
    try:
        while True:
            piece = call.next(10)
            assert piece is not None, "nothing came for 10 s"
            pieces.append(piece)
    except StopIteration:
        return pieces
    finally:
        call.close()


def text_of(pieces: list[Delta]) -> str:
    """Return what the pieces say."""
    return "".join(piece.text for piece in pieces)


def ask_anyone(request: ChatRequest | None = None, **how: Any) -> tuple[str, list[Delta]]:
    """Ask whoever is chosen, and the next where one fails before its first words; return who answered, and what."""
    avoid: set[str] = set()
    while True:
        with turn(request or request_of(), user_id=1, avoid=avoid, **how) as taken:
            try:
                pieces = ask(taken.endpoint, request)
            except ProviderError as error:
                health.failed(taken.endpoint, error)
                avoid.add(taken.endpoint.name)
                continue
            health.succeeded(taken.endpoint)
            return taken.endpoint.name, pieces
