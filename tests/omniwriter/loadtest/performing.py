"""What a generator does with an action, what came of it, and how many rows every table has."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
from django.db import connection

from articles.models import Article, GenerationJob
from perfmon.loadtest.plans import Action, Session
from tests.waiting import eventually

RUN = 7
#: SQLite's own books, and how its full-text index is cut into pieces, which say nothing of rows.
NO_ROWS = re.compile(r"sqlite_sequence|.*_fts_(?:data|idx|config)")


def rows_by_table() -> dict[str, int]:
    """Return how many rows every table has."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if not NO_ROWS.fullmatch(name)]
        counts = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            counts[name] = cursor.fetchone()[0]
        return counts


def perform(host: str, action: Action, session: Session | None, number: int = 1) -> httpx.Response:
    """Do what the generator does with an action, once."""
    chosen = {name: values[number % len(values)] for name, values in action.choices.items()} | {"n": str(number)}

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: chosen[found[1]], text)

    body: Any = action.body and {
        name: filled(value) if isinstance(value, str) else value for name, value in action.body.items()
    }
    headers = {**action.headers, **(session.headers if session and action.needs_session else {})}
    if body:
        headers["Content-Type"] = "application/json"
    content = json.dumps(body) if body else None
    return httpx.request(action.method, host + filled(action.path), headers=headers, content=content, timeout=20)


def written(number: int = 1) -> list[GenerationJob]:
    """Wait until so many jobs are over and return them."""
    eventually(lambda: GenerationJob.objects.filter(finished_at__isnull=False).count() == number)
    return list(GenerationJob.objects.order_by("pk"))


def published() -> int:
    """Return how many articles readers see."""
    return Article.objects.published().count()
