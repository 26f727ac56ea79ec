"""How many calls are at an endpoint at once, and of one person: places held by leases, so a lost worker's come free."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.conf import settings

from articles.providers.base import Endpoint
from articles.providers.board import on_board

LEASE_S = 6.0
ENDPOINT_FULL, USER_FULL = "endpoint", "user"


def slot_take(endpoint: Endpoint, *, user_id: int, holder: str) -> str:
    """Take a place at the endpoint and one of the person's; return which of the two was full, or nothing."""
    now = time.time()
    places = [(f"user:{user_id}", settings.GENERATE_PER_USER), (f"at:{endpoint.name}", endpoint.max_in_flight)]
    full = on_board(lambda board: board.take(holder, now + LEASE_S, now, places))
    return ("", USER_FULL, ENDPOINT_FULL)[full]


def slot_renew(endpoint: Endpoint, *, user_id: int, holder: str) -> None:
    """Keep both for another ``LEASE_S``."""
    until = time.time() + LEASE_S
    on_board(lambda board: board.renew(holder, until, _lists(endpoint, user_id)))


def slot_leave(endpoint: Endpoint, *, user_id: int, holder: str) -> None:
    """Give both back."""
    on_board(lambda board: board.leave(holder, _lists(endpoint, user_id)))


def in_flight(names: Sequence[str]) -> dict[str, int]:
    """Return how many calls are at each endpoint."""
    if not names:
        return {}
    now = time.time()
    counts = on_board(lambda board: board.counts([f"at:{name}" for name in names], now))
    return dict(zip(names, counts, strict=True))


def _lists(endpoint: Endpoint, user_id: int) -> list[str]:
    return [f"user:{user_id}", f"at:{endpoint.name}"]
