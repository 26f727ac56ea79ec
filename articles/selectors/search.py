"""What is read by a search: published articles, best first, each with the place where the words stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models.functions import Left
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from modelsearch.backends import get_search_backend
from modelsearch.query import And, Phrase, PlainText
from modelsearch.query import SearchQuery as EngineQuery

from articles.caching import LISTS
from articles.models import Article, Category, Tag
from articles.querysets import ArticleQuerySet
from articles.search.backends.base import BoundedBackend
from articles.search.fields import category_facet, language_facet, tag_facet
from articles.search.queries import SearchQuery, parse_query
from articles.search.snippets import WINDOW_CHARS, snippet
from articles.selectors.public import ArticleRow
from omniwriter.cache import Ttl, cache_query, cacheable

MAX_LIMIT = 100
MAX_DEPTH = 1_000
_NONE_SUCH = 0


class Narrowed(NamedTuple):
    """What results are kept to."""

    language: str | None
    category_id: int | None
    tag_id: int | None

    def facets(self) -> list[str]:
        """Return it in the words of our index."""
        language = () if self.language is None else (language_facet(self.language),)
        category = () if self.category_id is None else (category_facet(self.category_id),)
        return [*language, *category, *(() if self.tag_id is None else (tag_facet(self.tag_id),))]

    def articles(self) -> ArticleQuerySet:
        """Return it as a query, which modelsearch translates for an engine outside the database."""
        wanted = {"language": self.language, "category_id": self.category_id, "tags__id": self.tag_id}
        given = {name: value for name, value in wanted.items() if value is not None}
        return Article.objects.published().filter(**given)


@cacheable
@dataclass(frozen=True, slots=True)
class SearchHit:
    """An article that was found, and the passage that shows why, as safe HTML with ``<mark>``."""

    row: ArticleRow
    snippet: SafeString


@cacheable
@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of hits, and whether there is another after it."""

    hits: list[SearchHit]
    has_more: bool


@cache_query(name="articles.search", namespaces=LISTS, ttl=Ttl.API)  # questions have no end, so not for long
def article_search(
    *,
    query: str,
    language: str | None = None,
    category: int | str | None = None,
    tag: int | str | None = None,
    limit: int = 20,
    offset: int = 0,
) -> SearchPage:
    """Return published articles that have all words of ``query``, best first.

    Category and tag are ids or slugs. A query without a word finds nothing.

    Raises ValidationError naming ``q``, ``limit`` or ``offset``.
    """
    _check(limit, offset)
    wanted = parse_query(query)
    if not wanted.terms:
        return SearchPage([], has_more=False)
    category_id, tag_id = _id_of(Category, category), _id_of(Tag, tag)
    if _NONE_SUCH in (category_id, tag_id):
        return SearchPage([], has_more=False)
    narrowed = Narrowed(language, category_id, tag_id)
    end = min(offset + limit, MAX_DEPTH)
    ids = _ids(wanted, narrowed, end + 1)
    return SearchPage(_hits(wanted, ids[offset:end]), has_more=len(ids) > end and end < MAX_DEPTH)


def _check(limit: int, offset: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise ValidationError({"limit": _("Between 1 and %(most)d.") % {"most": MAX_LIMIT}})
    if not 0 <= offset < MAX_DEPTH:
        raise ValidationError({"offset": _("Results go no deeper than %(most)d.") % {"most": MAX_DEPTH}})


def _id_of(model: type[Category | Tag], given: int | str | None) -> int | None:
    if given is None or isinstance(given, int):
        return given
    found = model.objects.filter(slug=given).values_list("pk", flat=True).first()
    return _NONE_SUCH if found is None else found


def _ids(wanted: SearchQuery, narrowed: Narrowed, most: int) -> list[int]:
    backend = get_search_backend()
    if isinstance(backend, BoundedBackend):
        return backend.article_ids(wanted, narrowed.facets())
    found = backend.search(_in_words_of_modelsearch(wanted), narrowed.articles())
    return [article.pk for article in found[:most]]


def _in_words_of_modelsearch(wanted: SearchQuery) -> EngineQuery:
    """Return the query for an engine outside the database."""
    return And([Phrase(" ".join(term.words)) if term.words[1:] else PlainText(term.words[0]) for term in wanted.terms])


def _hits(wanted: SearchQuery, ids: list[int]) -> list[SearchHit]:
    fields = (*ArticleRow._fields, "head")
    # Published once more: an index that is behind must not show what was taken off.
    found = Article.objects.published().filter(pk__in=ids).annotate(head=Left("body", WINDOW_CHARS))
    rows = {row[0]: row for row in found.values_list(*fields)}
    return [_hit(wanted, *rows[pk]) for pk in ids if pk in rows]


def _hit(wanted: SearchQuery, *values: object) -> SearchHit:
    *columns, head = values
    row = ArticleRow(*columns)  # type: ignore[arg-type]
    return SearchHit(row, snippet(wanted, row.excerpt, str(head)))
