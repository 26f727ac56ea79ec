"""Telling a database server that is away from everything else that can go wrong."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

RETRY_AFTER_S = 2
# Of PostgreSQL's error codes: connection lost (class 08), too many connections, shut down, crashed, not up yet.
_AWAY = ("08", "53300", "57P01", "57P02", "57P03")


def is_outage(error: BaseException | None) -> bool:
    """Tell whether an error says that the database server can't be reached for now.

    A connection that broke, or that the pool could not give, has no code of PostgreSQL's.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    if cause is None or not type(cause).__module__.startswith("psycopg"):
        return False
    code = getattr(cause, "sqlstate", None)
    return code is None or code.startswith(_AWAY)
