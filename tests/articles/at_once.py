"""What several do at the same instant, on PostgreSQL: SQLite lets one write at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections


class To:
    """Sends every query to one database."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def db_for_read(self, model: type, **hints: Any) -> str:
        return self.alias

    db_for_write = db_for_read

    def allow_relation(self, *objects: object, **hints: Any) -> bool:
        return True


def use_only(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this test's models live in one database, transactions included."""
    monkeypatch.setattr("django.db.router.routers", [To(alias)])
    monkeypatch.setattr("django.db.transaction.DEFAULT_DB_ALIAS", alias)


def at_once(times: int, task: Callable[[], Any], unblock: Callable[[], Any]) -> list[Any]:
    """Run a task in so many threads that start together; return what each returned or raised."""
    together, outcomes = threading.Barrier(times), []

    def run() -> None:
        with unblock():
            together.wait()
            try:
                outcomes.append(task())
            except Exception as error:  # any failure at all is what such a test looks for
                outcomes.append(error)
            finally:
                connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
