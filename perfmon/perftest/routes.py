"""Which routes are tested when none is named: those of the project's addresses that take no argument, a bounded few."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import closing

from perfmon.exceptions import PerftestError
from perfmon.loadtest.routes import plain_routes
from perfmon.perftest.subjects import Subject

MOST_ROUTES = 8


def answering(subject: Subject, routes: Iterable[str], most: int = MOST_ROUTES) -> tuple[list[str], dict[str, str]]:
    """Ask each route once; return the first that answer as expected, and of the others why they are left out."""
    found: list[str] = []
    left_out: dict[str, str] = {}
    with closing(subject.connection()) as connection:
        for route in routes:
            if len(found) == most:
                break
            failure = connection.get(route).failure
            if failure:
                left_out[route] = failure
            else:
                found.append(route)
    return found, left_out


def require_answer(subject: Subject, routes: Sequence[str]) -> None:
    """Raise PerftestError when no connection can be made or nothing is answered at all; any status is an answer."""
    with closing(subject.connection()) as connection:
        try:
            connection.open()
        except OSError as error:
            raise PerftestError(
                f"{subject.address} can't be reached: {error.strerror or error}. Start the server, or leave --host out "
                "and one is started for the test.",
                could_not_run=True,
            ) from error
        failures = [connection.get(route).failure for route in routes[:1]]
    if failures and not _is_status(failures):
        raise PerftestError(f"{subject.address} does not answer GET {routes[0]}: {failures[0]}.", could_not_run=True)


def _is_status(failures: Collection[str]) -> bool:
    return all(not failure or failure.isdigit() for failure in failures)


def routes_of_project() -> list[str]:
    """Return the paths of the project's routes that take no argument, but for those that may do something."""
    return [route.path for route in plain_routes()]
