"""How articles are found and ranked in a bounded time, whatever is asked for.

A word that stands in every article matches all of them, and to score each takes seconds. So a query first takes at most
``MOST_CANDIDATES``, newest first: those whose title has all the words, and those that have them anywhere. When that
is all there is, each is scored; when there are more, the newest stand for them and none is scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType

from articles.models import Article
from articles.search.queries import SearchQuery

MOST_CANDIDATES = 1_100
#: With fewer hits than this for the words as they stand, the last one may also be the beginning of a longer one.
FEW_HITS = 50


class Candidate(NamedTuple):
    """A published article that matches: its row in the index, and whether its title has all the words."""

    entry_id: int
    article_id: int
    in_title: bool


class BoundedBackend:
    """What both databases share. A subclass says how the index is asked."""

    def article_ids(self, query: SearchQuery, facets: Sequence[str]) -> list[int]:
        """Return the ids of published articles that match, best first, at most ``2 * MOST_CANDIDATES``."""
        found = self._candidates(query, facets)
        if query.is_open and len(found) < FEW_HITS:
            query = query.as_prefix()
            found = self._candidates(query, facets)
        everything = [row for row in found if not row.in_title]
        titled = {row.article_id for row in found if row.in_title}
        scores = self._scores(query, facets, everything) if 1 < len(everything) < MOST_CANDIDATES else {}
        best = sorted(
            {row.article_id: row for row in found}.values(),
            key=lambda row: (row.article_id in titled, scores.get(row.entry_id, 0.0), row.article_id),
            reverse=True,
        )
        return [row.article_id for row in best]

    def _candidates(self, query: SearchQuery, facets: Sequence[str]) -> list[Candidate]:
        """Return up to ``MOST_CANDIDATES`` with all words in the title, and as many with them anywhere."""
        raise NotImplementedError

    def _scores(self, query: SearchQuery, facets: Sequence[str], rows: Sequence[Candidate]) -> Mapping[int, float]:
        """Return the score of each index row, higher is better; all rows have the facets."""
        raise NotImplementedError


def article_type_id() -> int:
    """Return the number under which the index keeps articles."""
    return int(ContentType.objects.get_for_model(Article).pk)
