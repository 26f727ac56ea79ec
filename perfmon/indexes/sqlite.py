"""The catalogue of a SQLite: it counts nothing, but its indexes and foreign keys can be compared."""

from __future__ import annotations

from django.db import connections
from django.db.backends.utils import CursorWrapper

from perfmon.indexes.catalogue import Catalogue, ForeignKey, Index


def read_catalogue(alias: str) -> Catalogue:
    """Return the catalogue; raises django.db.Error."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        indexes = [index for table in tables for index in _indexes(cursor, table)]
        keys = [key for table in tables for key in _foreign_keys(cursor, table)]
    return Catalogue(indexes=tuple(indexes), foreign_keys=tuple(keys))


def _indexes(cursor: CursorWrapper, table: str) -> list[Index]:
    cursor.execute('SELECT name, "unique", origin, partial FROM pragma_index_list(%s) ORDER BY name', [table])
    return [_index(cursor, table, *row) for row in cursor.fetchall()]


def _index(cursor: CursorWrapper, table: str, name: str, unique: int, origin: str, partial: int) -> Index:
    cursor.execute("SELECT coalesce(sql, '') FROM sqlite_master WHERE type = 'index' AND name = %s", [name])
    sql = (cursor.fetchone() or ("",))[0]
    cursor.execute(
        'SELECT coalesce(name, \'\'), "desc", coll FROM pragma_index_xinfo(%s) WHERE "key" ORDER BY seqno', [name]
    )
    found = cursor.fetchall()
    # An index over expressions is told apart by its whole text: SQLite does not say what a single one is.
    expressions = any(not column for column, _, _ in found)
    keys = (sql,) if expressions else tuple(f"{column} {descends} {collation}" for column, descends, collation in found)
    return Index(
        table=_quoted(table),
        name=_quoted(name),
        keys=keys,
        columns=tuple(column or "(…)" for column, _, _ in found),
        predicate=sql.upper().rpartition(" WHERE ")[2] if partial else "",
        unique=bool(unique),
        bound=origin in ("u", "pk"),
    )


def _foreign_keys(cursor: CursorWrapper, table: str) -> list[ForeignKey]:
    cursor.execute('SELECT id, "table", "from" FROM pragma_foreign_key_list(%s) ORDER BY id, seq', [table])
    keys: dict[int, tuple[str, list[str]]] = {}
    for number, to, column in cursor.fetchall():
        keys.setdefault(number, (to, []))[1].append(column)
    return [
        ForeignKey(_quoted(table), f"{table}.{'_'.join(columns)}", tuple(columns), to) for to, columns in keys.values()
    ]


def _quoted(name: str) -> str:
    return name if name.isidentifier() else '"{}"'.format(name.replace('"', '""'))
