"""A PostgreSQL with pg_stat_statements in it, and a way to run statements there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from perfmon.panels.queries import remembered


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """No reading of the test before, whose database had the same alias."""
    remembered.forget()
    yield
    remembered.forget()


@pytest.fixture
def run(postgres_alias: str) -> Callable[..., list[tuple]]:
    """Run a statement as the superuser and return its rows."""

    def execute(sql: str, times: int = 1) -> list[tuple]:
        with connections[postgres_alias].cursor() as cursor:
            for _ in range(times):
                cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    return execute


@pytest.fixture
def counting(run: Callable[..., list[tuple]]) -> Callable[..., list[tuple]]:
    """As ``run``, where pg_stat_statements counts from now on."""
    run("CREATE EXTENSION pg_stat_statements")
    run("SELECT pg_stat_statements_reset()")
    return run
