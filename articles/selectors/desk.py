"""How people who work on articles find one among many, whatever its status."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import F, Q, Value
from django.db.models.lookups import IContains
from django.utils.text import slugify

from articles.models import Article
from articles.querysets import ArticleQuerySet

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

MIN_PART_CHARS = 3  # what a trigram index can look for
MAX_TEXT_CHARS = 200
_MAX_ID_DIGITS = 18


class Holds(IContains):
    """Whether a text has another in it, whatever their case, in the words that a trigram index knows."""

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """Say ILIKE: Django's own UPPER on both sides would need an index of capitals."""
        left, left_params = compiler.compile(self.lhs)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} ILIKE {right}", [*left_params, *right_params]


def articles_find(articles: ArticleQuerySet, text: str) -> ArticleQuerySet:
    """Keep articles of that id, and those whose title or slug has all the words of ``text`` in it.

    A slug is a title without accents. Words of one or two letters are only looked for beside a longer one.
    """
    words = text[:MAX_TEXT_CHARS].split()
    found = _holding("title", words) | _holding("slug", slugify(" ".join(words)).split("-"))
    if len(words) == 1 and words[0].isascii() and words[0].isdecimal() and len(words[0]) <= _MAX_ID_DIGITS:
        found |= Q(pk=int(words[0]))
    return articles.filter(found) if connections[articles.db].vendor == "postgresql" else _by_titles(articles, found)


def _by_titles(articles: ArticleQuerySet, found: Q) -> ArticleQuerySet:
    """Ask in a subquery, which SQLite answers from the index of titles; else it would read each article with its text.

    The sum keeps it from reading all that was found before it sorts them: 50,000 of them take 0.7 s. So it goes through
    the list in its order and looks each number up.
    """
    numbers = Article.objects.filter(found).order_by().values("pk")
    return articles.alias(number=F("pk") + Value(0)).filter(number__in=numbers)


def _holding(column: str, words: Sequence[str]) -> Q:
    if not any(len(word) >= MIN_PART_CHARS for word in words):
        return Q(pk__in=[])
    return reduce(and_, (Q(Holds(F(column), word)) for word in words))
