"""Asking a provider as the runner does, until the end."""

from __future__ import annotations

from typing import Any

from articles.providers.base import ChatRequest, Delta, Endpoint, Message
from articles.providers.calls import open_call

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
