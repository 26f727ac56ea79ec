"""A store of each kind that a test fills itself: rollups in SQLite and in PostgreSQL, blocks in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perfmon import guard
from perfmon.store import rollups


class To:
    """A router that sends everything to one alias."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def db_for_read(self, model: type, **hints: object) -> str:
        """Read there."""
        return self.alias

    db_for_write = db_for_read


@pytest.fixture(autouse=True)
def memory(settings) -> None:
    """perfmon without Valkey, with nothing stored and nothing remembered of the test before."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1"}
    rollups._ids.clear()
    guard.failures.clear()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, monkeypatch) -> Iterator[str]:
    """Each database in turn, as the alias that rollups are in."""
    if request.param == "sqlite":
        yield "default"
        return
    alias = request.getfixturevalue("postgres_alias")
    monkeypatch.setattr("django.db.router.routers", [To(alias)])
    yield alias
    rollups._ids.clear()
