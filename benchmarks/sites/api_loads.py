"""What the API is asked for: one address again and again, or addresses that nobody has asked for before."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

LIST, POPULAR = "/api/articles", "/api/articles/popular"
LIMIT = 20
WORDS = 3
_STEP_US = 7_919_000_003  # some two hours: the next cursor is in another part of the archive
_PUBLISHED = (
    "SELECT id, title || ' ' || excerpt, published_at FROM articles_article WHERE status = 'published' "
    "ORDER BY published_at"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Data:
    """What the load generator must know of the articles."""

    def __init__(self, database: Path) -> None:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            rows = connection.execute(_PUBLISHED).fetchall()
        self.ids = [row[0] for row in rows]
        self.texts = [row[1] for row in rows]
        # Before the first of these a page would not be full.
        self.moments_us = [_microseconds(row[2]) for row in rows[LIMIT + 1 :]]

    def list_pages(self) -> Iterator[str]:
        """Yield pages of the list, each from another moment."""
        first, last = self.moments_us[0], self.moments_us[-1]
        for number in count(1):
            yield f"{LIST}?cursor={last - number * _STEP_US % (last - first)}-1"

    def details(self) -> Iterator[str]:
        """Yield articles, one after the other and from the beginning again."""
        ids = list(self.ids)
        random.Random(1).shuffle(ids)
        while True:
            yield from (f"{LIST}/{number}" for number in ids)

    def searches(self) -> Iterator[str]:
        """Yield questions that find something: three words of one article, never the same three again."""
        chance, asked = random.Random(2), set()
        while True:
            words = {word for word in chance.choice(self.texts).lower().split() if word.isascii() and word.isalpha()}
            if len(words) < WORDS:
                continue
            chosen = frozenset(chance.sample(sorted(words), WORDS))
            if chosen not in asked:
                asked.add(chosen)
                yield f"{LIST}/search?q={'%20'.join(chosen)}"


def _microseconds(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return round((moment - _EPOCH).total_seconds() * 1e6)
