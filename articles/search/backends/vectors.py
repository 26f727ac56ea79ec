"""PostgreSQL's text vectors and queries, written here: its own parser would split and drop words in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from articles.search.queries import SearchQuery, Term

ALL_WORDS = " & "
ANY_WORD = " | "
#: So many ids make a block: the newest one or two are asked first.
BLOCK_IDS = 4_096
_GAP = 10  # between two texts, so that no phrase reaches over


def block_facet(article_id: int) -> str:
    """Return the word that stands for the block of ids an article is in."""
    return f"b{article_id // BLOCK_IDS}"


def tsvector(texts: Iterable[tuple[str, str]], facets: Sequence[str] = ()) -> str:
    """Return a vector's literal of folded texts, each with the letter of its weight, and of facets.

    PostgreSQL itself keeps positions up to 16,383 and 255 of a word; a phrase further down a long text is not found.
    """
    places: dict[str, str] = {}
    position = 0
    for text, weight in texts:
        for position, word in enumerate(text.split(), position + 1):  # noqa: B020 - goes on where it stood
            known = places.get(word)
            places[word] = f"{position}{weight}" if known is None else f"{known},{position}{weight}"
        position += _GAP
    return " ".join([*[f"'={facet}'" for facet in facets], *[f"'{word}':{at}" for word, at in places.items()]])


def tsquery(query: SearchQuery, facets: Sequence[str] = (), operator: str = ALL_WORDS) -> str:
    """Return the query's literal; its words have letters and digits only, so none is an operator or a facet."""
    return operator.join([*map(_term, query.terms), *(f"'={facet}'" for facet in facets)])


def words_only(query: SearchQuery) -> SearchQuery:
    """Return the query with its phrases taken apart."""
    parts = [
        Term((word,), term.is_prefix and index == len(term.words) - 1)
        for term in query.terms
        for index, word in enumerate(term.words)
    ]
    return SearchQuery(tuple(parts), query.is_open)


def _term(term: Term) -> str:
    *before, last = (f"'{word}'" for word in term.words)
    return f"({' <-> '.join([*before, last + ':*' if term.is_prefix else last])})"
