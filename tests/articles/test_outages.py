"""A database server that is away is told from everything else that can go wrong with a query."""

from __future__ import annotations

import contextlib

import pytest
from django.db import DatabaseError, InterfaceError, connections

from articles.outages import is_outage
from omniwriter.stack.ports import free_port
from tests.fixtures.servers import aliased


@pytest.fixture
def away(django_db_blocker):
    """An alias whose server does not run."""
    with aliased(f"postgres://nobody@127.0.0.1:{free_port()}/nothing", "away"), django_db_blocker.unblock():
        yield "away"


def error_of(alias: str, *statements: str) -> Exception | None:
    """Return what the last of some statements raises."""
    try:
        with connections[alias].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except (DatabaseError, InterfaceError) as error:
        return error
    return None


def test_a_server_that_does_not_run_is_away(away: str) -> None:
    assert is_outage(error_of(away, "SELECT 1"))


def test_a_server_that_ends_the_connection_is_away(postgres_alias: str) -> None:
    assert is_outage(error_of(postgres_alias, "SELECT pg_terminate_backend(pg_backend_pid())"))
    with contextlib.suppress(InterfaceError):
        connections[postgres_alias].close()


@pytest.mark.parametrize(
    "statements",
    [
        ("SELECT nonsense",),
        ("SELECT 1 / 0",),
        ("SET statement_timeout = 10", "SELECT pg_sleep(1)"),
    ],
)
def test_a_query_that_fails_is_no_outage(postgres_alias: str, statements: tuple[str, ...]) -> None:
    error = error_of(postgres_alias, *statements)

    assert error is not None
    assert not is_outage(error)


def test_what_sqlite_calls_operational_is_no_outage(db: None) -> None:
    error = error_of("default", "SELECT * FROM no_such_table")

    assert error is not None
    assert not is_outage(error)


def test_other_errors_are_no_outages() -> None:
    assert not is_outage(ValueError())
    assert not is_outage(None)
