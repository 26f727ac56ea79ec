"""Queries whose SQL is written once and then run with other values.

For a list of articles Django takes five times as long to write its SQL and to read its rows as SQLite takes to answer.
Only what is read most is worth this; everything else asks through querysets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.db import connections, router
from django.db.models import CharField, DateTimeField, IntegerField, Model, QuerySet, TextField
from django.db.models.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
Form = tuple[tuple[str, type, int | None], ...]  # each value's name and type; of a list also its length

FORMS = 500  # that are kept of one query
_EXACT_IN_JSON = (CharField, DateTimeField, IntegerField, TextField)


class Slot(NamedTuple):
    """Where a value goes; of a list also which of its items."""

    name: str
    at: int | None


class Statement(NamedTuple):
    """SQL with its parameters, of which some are slots, the columns that hold moments, and whether all is one text."""

    sql: str
    params: tuple[Any, ...]
    moments: tuple[int, ...]
    is_packed: bool


class Prepared:
    """A query of rows by named values: numbers, texts, moments, and lists of numbers.

    ``build`` makes the queryset, with ``values_list``, from such values. It may look at which there are and at the
    length of a list, never at what they are: it is called once for each form. Moments are in UTC, in rows as in the
    database.
    """

    def __init__(self, model: type[Model], build: Callable[[Values], QuerySet[Any, Any]]) -> None:
        self._model, self._build = model, build
        self._statement = lru_cache(FORMS)(self._write)

    def rows(self, values: Values, *, limit: int | None = None) -> list[Sequence[Any]]:
        """Return the rows that the database has for these values, at most ``limit``."""
        alias = router.db_for_read(self._model)
        connection = connections[alias]
        statement = self._statement(alias, connection.vendor, limit, _form_of(values))
        params = [
            _in_database(_value(values, param), connection) if isinstance(param, Slot) else param
            for param in statement.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, params)
            rows: list[Sequence[Any]] = orjson.loads(cursor.fetchone()[0]) if statement.is_packed else cursor.fetchall()
        return [_in_utc(row, statement.moments) for row in rows] if statement.moments else rows

    def _write(self, alias: str, vendor: str, limit: int | None, form: Form) -> Statement:
        """Write the SQL for stand-ins, which then show where the values go."""
        values = {name: _stand_ins(kind, count, 1000 * number) for number, (name, kind, count) in enumerate(form)}
        compiler = self._build(values)[:limit].query.get_compiler(using=alias)
        sql, params = compiler.as_sql()
        places = {_in_database(_value(values, slot), connections[alias]): slot for slot in _slots(form)}
        columns = [column for column, _sql, _alias in compiler.select]
        moments = tuple(compiler.get_converters(columns))
        if any(not isinstance(columns[at].output_field, DateTimeField) for at in moments):
            raise TypeError("A column has another form in the database than in Python. Ask through a queryset.")
        packed = _packed(sql, compiler) if vendor == "sqlite" else None
        return Statement(packed or sql, tuple(places.get(param, param) for param in params), moments, bool(packed))


def _packed(sql: str, compiler: SQLCompiler) -> str | None:
    """Return SQL for the same rows as one JSON text; None when JSON can't hold a column exactly.

    Python's sqlite3 lets go of the interpreter at every row. Where sixteen threads ask at once and there is a second
    core, each time costs two switches of threads: of the list's 2,600 us more than half.
    """
    columns = [(alias, column.output_field) for column, _sql, alias in compiler.select]
    if not all(alias and isinstance(getattr(field, "target_field", field), _EXACT_IN_JSON) for alias, field in columns):
        return None
    if len({alias for alias, _field in columns}) < len(columns):
        return None
    names = ", ".join(compiler.connection.ops.quote_name(alias) for alias, _field in columns)
    return f"SELECT JSON_GROUP_ARRAY(JSON_ARRAY({names})) FROM ({sql})"  # noqa: S608  (Django's own SQL and names)


def _form_of(values: Values) -> Form:
    return tuple(
        (name, int, len(value)) if isinstance(value, list) else (name, _kind_of(value), None)
        for name, value in values.items()
    )


def _kind_of(value: object) -> type:
    return next(kind for kind in (datetime, str, int) if isinstance(value, kind))


def _stand_ins(kind: type, count: int | None, number: int) -> Any:
    if count is not None:
        return [_stand_in(kind, number + at) for at in range(count)]
    return _stand_in(kind, number)


def _stand_in(kind: type, number: int) -> Any:
    """Return a value that no query has of its own; a number that Django takes for any column but the smallest."""
    if kind is datetime:
        return datetime(1801, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
    return f"stand-in {number}" if kind is str else 2_000_000_000 + number


def _slots(form: Form) -> list[Slot]:
    return [Slot(name, at) for name, _kind, count in form for at in ([None] if count is None else range(count))]


def _value(values: Values, slot: Slot) -> Any:
    return values[slot.name] if slot.at is None else values[slot.name][slot.at]


def _in_database(value: Any, connection: Any) -> Any:
    """Return a value as Django hands it to the database."""
    if isinstance(value, str):
        return str(value)  # a choice is one, too
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _in_utc(row: Sequence[Any], moments: tuple[int, ...]) -> Sequence[Any]:
    """Return a row with the zone that SQLite has no room for."""
    cells = list(row)
    for at in moments:
        moment = cells[at]
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        cells[at] = moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
    return cells
