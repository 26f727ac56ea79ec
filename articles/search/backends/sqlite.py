"""Search by SQLite's FTS5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections, router
from modelsearch.backends.database.sqlite.sqlite import ObjectIndexer, SQLiteIndex, SQLiteSearchBackend
from modelsearch.index import AutocompleteField, SearchField
from modelsearch.models import IndexEntry

from articles.models import Article
from articles.search.backends.base import MOST_CANDIDATES, BoundedBackend, Candidate, article_type_id
from articles.search.fields import TITLE_BOOST
from articles.search.queries import SearchQuery, Term

_FTS = "modelsearch_indexentry_fts"
# The newest first by the rowid, which FTS5 can read backwards and stop; the joins are made for those few.
# INDEXED BY: the status stands behind the text in its row, and to read past a long text costs a page each.
_CANDIDATES = f"""
WITH titled(id) AS MATERIALIZED (SELECT rowid FROM {_FTS} WHERE {_FTS} MATCH %s ORDER BY rowid DESC LIMIT %s),
     anywhere(id) AS MATERIALIZED (SELECT rowid FROM {_FTS} WHERE {_FTS} MATCH %s ORDER BY rowid DESC LIMIT %s),
     found(id, in_title) AS (SELECT id, 1 FROM titled UNION ALL SELECT id, 0 FROM anywhere)
SELECT found.id, article.id, in_title
FROM found
CROSS JOIN modelsearch_indexentry AS entry ON entry.id = found.id AND entry.content_type_id = %s
CROSS JOIN articles_article AS article INDEXED BY article_sitemap
  ON article.id = CAST(entry.object_id AS integer) AND article.status = 'published'
"""  # noqa: S608 - names of tables
# The columns' weights in their order: autocomplete, body, title. The smaller, the better.
_SCORES = f"SELECT rowid, -bm25({_FTS}, 0.0, 1.0, {TITLE_BOOST}) FROM {_FTS} WHERE {_FTS} MATCH %s"  # noqa: S608


class LeanSqliteIndex(SQLiteIndex):
    """modelsearch's index without its title norms, which each change would compute over all rows; BM25 has its own.

    Rows that say the same already are left alone: each write is a deletion and an insertion in FTS5.
    """

    def add_items(self, model: type[Article], objs: Sequence[Article]) -> None:
        """Store the articles in three statements."""
        wanted = {str(article.pk): self._entry(article) for article in objs}
        entries = IndexEntry.objects.filter(content_type_id=article_type_id(), object_id__in=wanted)
        changed = []
        for known in entries:
            entry = wanted.pop(known.object_id)
            if (entry.title, entry.autocomplete, entry.body) != (known.title, known.autocomplete, known.body):
                entry.pk = known.pk
                changed.append(entry)
        IndexEntry.objects.bulk_update(changed, ["title", "autocomplete", "body"], batch_size=50)
        IndexEntry.objects.bulk_create(wanted.values())

    def _entry(self, article: Article) -> IndexEntry:
        indexer = ObjectIndexer(article, self.backend)
        texts: dict[str, list[str]] = {"title": [], "body": [], "autocomplete": []}
        # Each of the indexer's own properties would fold every text anew.
        for field in indexer.search_fields:
            for part, text in indexer.prepare_field(article, field):
                texts[_column(part)].append(text)
        joined = {column: " ".join(parts) for column, parts in texts.items()}
        return IndexEntry(content_type_id=article_type_id(), object_id=str(article.pk), **joined)


def _column(field: SearchField | AutocompleteField) -> str:
    if isinstance(field, AutocompleteField):
        return "autocomplete"
    return "title" if field.field_name == "title" else "body"


class SqliteBackend(BoundedBackend, SQLiteSearchBackend):
    """modelsearch's backend with bounded queries."""

    index_class = LeanSqliteIndex

    def _candidates(self, query: SearchQuery, facets: Sequence[str]) -> list[Candidate]:
        titled, anywhere = match_text(query, facets, "{title}"), match_text(query, facets, "{title body}")
        limits = [titled, MOST_CANDIDATES, anywhere, MOST_CANDIDATES, article_type_id()]
        return [Candidate(entry, article, bool(in_title)) for entry, article, in_title in _rows(_CANDIDATES, limits)]

    def _scores(self, query: SearchQuery, facets: Sequence[str], rows: Sequence[Candidate]) -> Mapping[int, float]:
        ids = {row.entry_id for row in rows}
        # The facets are asked for again, so that few rows are scored; their column weighs nothing.
        scored = _rows(_SCORES, [match_text(query, facets, "{title body}")])
        return {entry: score for entry, score in scored if entry in ids}


def match_text(query: SearchQuery, facets: Sequence[str], columns: str) -> str:
    """Return the query in FTS5's words; ours have letters and digits only, so none is an operator."""
    wanted = " AND ".join(_term(term) for term in query.terms)
    return " AND ".join([f"{columns} : ({wanted})", *(f'{{autocomplete}} : "{facet}"' for facet in facets)])


def _term(term: Term) -> str:
    return f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}'


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connections[router.db_for_read(IndexEntry)].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
