"""What is a write: every statement on the primary is looked at, whoever sent it, so that none is overlooked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from omniwriter.replicas import monitor, pins

_READS = re.compile(
    r"[\s(]*(?:SELECT|SHOW|VALUES|TABLE|FETCH|CLOSE|DECLARE|SET|RESET|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b",
    re.IGNORECASE,
)
_READS_WITH = re.compile(r"\s*(?:WITH|EXPLAIN)\b(?!.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b)", re.IGNORECASE | re.DOTALL)


def is_write(sql: Any) -> bool:
    """Whether a statement may change data.

    A function that writes, called by SELECT, is not seen: who calls one calls ``pins.note_write`` after it.
    """
    if not isinstance(sql, str):
        return True
    return not (sql.startswith("SELECT") or _READS.match(sql) or _READS_WITH.match(sql))


class WriteWatch:
    """An execute wrapper of the primary's connection: notes writes with the work that made them."""

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not is_write(sql):
            if sql is not pins.END_OF_LOG:
                monitor.rotation.count_primary_read()
            return execute(sql, params, many, context)
        try:
            return execute(sql, params, many, context)
        finally:  # one that failed may have been committed all the same
            pins.note_write(context["connection"])


def watch_writes() -> None:
    """Watch the primary's connections from now on."""
    connection_created.connect(_watch, dispatch_uid="omniwriter.replicas")


def _watch(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.alias != DEFAULT_DB_ALIAS or connection.vendor != "postgresql":
        return
    if not any(isinstance(wrapper, WriteWatch) for wrapper in connection.execute_wrappers):
        connection.execute_wrappers.append(WriteWatch())
