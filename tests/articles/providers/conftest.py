"""What all tests of providers begin with: nothing known of any endpoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from articles.providers import board, router
from articles.providers.endpoints import endpoints_forget


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    board.memory.clear()
    monkeypatch.setattr(board, "_away_until", float("-inf"))
    monkeypatch.setattr(router, "_tally", {})
    endpoints_forget()
    yield
    board.memory.clear()
    endpoints_forget()
