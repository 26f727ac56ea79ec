"""Search by PostgreSQL's text search over GIN indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections, router
from modelsearch.backends.database.postgres.postgres import ObjectIndexer, PostgresIndex, PostgresSearchBackend
from modelsearch.index import SearchField
from modelsearch.models import IndexEntry

from articles.models import Article
from articles.search.backends.base import MOST_CANDIDATES, BoundedBackend, Candidate, article_type_id
from articles.search.backends.vectors import ANY_WORD, BLOCK_IDS, block_facet, tsquery, tsvector, words_only
from articles.search.queries import SearchQuery

# A phrase is checked against the text vector itself, which takes long: so against that many of the newest that have
# its words, not all.
MOST_CHECKED = 2_000
# Each query is a scalar subquery, whose rows the planner takes to be few. Knowing that a word is frequent it would read
# the whole table, each text vector unpacked (2.6 s of 95,000); as it is, it always asks the GIN index.
#
# A frequent word is not looked for everywhere: the vectors name the block of ids their article is in, and when the
# newest blocks hold enough, the older rows are not asked for. GIN intersects within one vector without reading the
# frequent word's whole list, which is also why the facets are in there.
_CANDIDATES = """
WITH top AS MATERIALIZED (SELECT max(id) / {block} AS block FROM articles_article WHERE status = 'published'),
asked AS MATERIALIZED (
  SELECT %(words)s::tsquery AS everywhere, %(exact)s::tsquery AS exact,
    %(words)s::tsquery && format($$'=b%%s' | '=b%%s'$$, block, block - 1)::tsquery AS recent
  FROM top),
{titled},
{anywhere},
found AS (SELECT id, article_id, true AS in_title FROM titled UNION ALL SELECT id, article_id, false FROM anywhere)
SELECT found.id, article.id, in_title
FROM found JOIN articles_article AS article ON article.id = found.article_id AND article.status = 'published'
"""
_NEWEST = """
recent_{name} AS MATERIALIZED (
  SELECT id, object_id::bigint AS article_id FROM modelsearch_indexentry
  WHERE {vector} @@ (SELECT recent FROM asked) AND content_type_id = %(type)s
  ORDER BY 2 DESC LIMIT %(checked)s),
all_{name} AS MATERIALIZED (
  SELECT id, object_id::bigint AS article_id FROM modelsearch_indexentry
  WHERE (SELECT count(*) FROM recent_{name}) < %(checked)s
    AND {vector} @@ (SELECT everywhere FROM asked) AND content_type_id = %(type)s
  ORDER BY 2 DESC LIMIT %(checked)s),
{name} AS MATERIALIZED (
  SELECT id, article_id FROM (
    SELECT * FROM all_{name}
    UNION ALL SELECT * FROM recent_{name} WHERE (SELECT count(*) FROM recent_{name}) >= %(checked)s) AS newest
  WHERE %(exact)s::text IS NULL OR EXISTS (
    SELECT 1 FROM modelsearch_indexentry AS entry
    WHERE entry.id = newest.id AND entry.{vector} @@ (SELECT exact FROM asked))
  LIMIT %(most)s)"""
CANDIDATES_SQL = _CANDIDATES.format(
    block=BLOCK_IDS,
    titled=_NEWEST.format(name="titled", vector="title"),
    anywhere=_NEWEST.format(name="anywhere", vector="body"),
)
_SCORES = """
SELECT id, ts_rank('{0.1, 0.25, 0.25, 1.0}', body, %s::tsquery, 1) FROM modelsearch_indexentry WHERE id = ANY(%s)
"""
_STORE = """
INSERT INTO modelsearch_indexentry AS entry
  (content_type_id, object_id, title, autocomplete, body, title_norm, title_text, body_text)
SELECT %s, id, title::tsvector, facets::tsvector, body::tsvector, 1.0, '', ''
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS row(id, title, facets, body)
ON CONFLICT (content_type_id, object_id) DO UPDATE
SET title = EXCLUDED.title, autocomplete = EXCLUDED.autocomplete, body = EXCLUDED.body
WHERE (entry.title, entry.autocomplete, entry.body)
  IS DISTINCT FROM (EXCLUDED.title, EXCLUDED.autocomplete, EXCLUDED.body)
"""


class LeanPostgresqlIndex(PostgresIndex):
    """modelsearch's index, but the vector ``body`` has the title too, so that one GIN index answers for both.

    Both vectors have the facets. The title norms and plain copies of the text, for which nothing asks, are left out.
    """

    def add_items(self, model: type[Article], objs: Sequence[Article]) -> None:
        """Store the articles in one statement; rows that say the same already are left alone."""
        columns = list(zip(*(self._row(article) for article in objs), strict=True))
        if columns:
            with self.write_connection.cursor() as cursor:
                cursor.execute(_STORE, [article_type_id(), *map(list, columns)])

    def _row(self, article: Article) -> tuple[str, str, str, str]:
        indexer = ObjectIndexer(article, self.backend)
        parts = [part for field in indexer.search_fields for part in indexer.prepare_field(article, field)]
        texts = [(field.field_name, text, weight) for field, weight, text in parts if isinstance(field, SearchField)]
        facets = [facet for field, _, text in parts if not isinstance(field, SearchField) for facet in text.split()]
        facets.append(block_facet(article.pk))
        title = [(text, weight) for name, text, weight in texts if name == "title"]
        words = [(text, weight) for _, text, weight in texts]
        return str(article.pk), tsvector(title, facets), tsvector((), facets), tsvector(words, facets)


class PostgresqlBackend(BoundedBackend, PostgresSearchBackend):
    """modelsearch's backend with bounded queries."""

    index_class = LeanPostgresqlIndex

    def _candidates(self, query: SearchQuery, facets: Sequence[str]) -> list[Candidate]:
        return [Candidate(*row) for row in _rows(CANDIDATES_SQL, candidate_parameters(query, facets))]

    def _scores(self, query: SearchQuery, facets: Sequence[str], rows: Sequence[Candidate]) -> Mapping[int, float]:
        wanted = tsquery(words_only(query), operator=ANY_WORD)
        return dict(_rows(_SCORES, [wanted, [row.entry_id for row in rows]]))


def candidate_parameters(query: SearchQuery, facets: Sequence[str]) -> dict[str, Any]:
    """Return what ``CANDIDATES_SQL`` is asked with."""
    has_phrase = any(len(term.words) > 1 for term in query.terms)
    return {
        "type": article_type_id(),
        "words": tsquery(words_only(query), facets),
        "exact": tsquery(query) if has_phrase else None,
        "checked": MOST_CHECKED if has_phrase else MOST_CANDIDATES,
        "most": MOST_CANDIDATES,
    }


def _rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connections[router.db_for_read(IndexEntry)].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
