"""Many articles in little time on SQLite: those that are there again and again, under other slugs and at other times.

To write and index each anew in Python takes ten times as long. What lists and searches cost hangs on the number of rows
and on how often words occur, which stay what they would be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import connection, transaction

from articles.fake.making import fake_count
from articles.search.backends.base import article_type_id

_MOMENTS = ("created_at", "updated_at", "published_at", "live_updated_at", "publish_at")
#: Without waiting for the disk: what is lost by a crash is made again.
_QUICKLY = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-262144")


def multiply(count: int, say: Callable[[str], None]) -> None:
    """Copy all articles, with their tags and index rows, until there are ``count``, a multiple of what is there.

    A copy is a transaction, so an interrupted run goes on where it was.
    """
    base = _base()
    if fake_count() >= count:
        return
    with connection.cursor() as cursor:
        for pragma in _QUICKLY:
            cursor.execute(pragma)
        for copy in range(fake_count() // base, count // base):
            with transaction.atomic():
                for statement in _statements(copy * base, base):
                    cursor.execute(statement)
            say(f"{(copy + 1) * base} of {count} articles made")
        cursor.execute("ANALYZE")
    connection.close()  # the next connection has its usual caution


def _base() -> int:
    """Return the number of articles that are no copies; they have the ids from 1 on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(id) FROM articles_article WHERE slug NOT LIKE '%-copy-%'")
        count, last = cursor.fetchone()
    if count != last:
        raise RuntimeError(f"{count} articles have ids up to {last}. Delete the benchmark's folder in var.")
    return int(count)


def _statements(step: int, base: int) -> list[str]:
    """Return what stores one more copy of the first ``base`` articles, ``step`` ids further on."""
    moments = {name: f"strftime('%Y-%m-%d %H:%M:%f', {name}, '-{step} seconds') || '000'" for name in _MOMENTS}
    article = {"id": f"id + {step}", "slug": f"slug || '-copy-{step}'", **moments}
    entry = {"id": None, "object_id": f"CAST(CAST(object_id AS integer) + {step} AS text)"}
    of_base = f"content_type_id = {article_type_id()} AND CAST(object_id AS integer) <= {base}"
    return [
        _copied("articles_article", article, f"id <= {base}"),
        _copied("articles_article_tags", {"id": None, "article_id": f"article_id + {step}"}, f"article_id <= {base}"),
        _copied("modelsearch_indexentry", entry, of_base),
    ]


def _copied(table: str, changed: Mapping[str, str | None], where: str) -> str:
    """Return the statement; a column that is changed to None is left to the database."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM pragma_table_info('{table}')")
        names = [name for (name,) in cursor.fetchall() if changed.get(name, name) is not None]
    values = ", ".join(str(changed.get(name, name)) for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} WHERE {where} ORDER BY id"
