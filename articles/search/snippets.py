"""What a search result shows of a text: the place where the words stand, the words marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from articles.search.queries import SearchQuery
from articles.search.words import Word, compose, plain, words

SNIPPET_CHARS = 220
#: A text is looked through so far; the words of a result may stand beyond, in its title or in its tags.
WINDOW_CHARS = 50_000
_BEFORE_CHARS = 60  # of the text shown before the first word found
_MARKED_CHARS_MAX = 4_000  # of one paragraph, so that a text in one line costs no more than others


class _Passage(NamedTuple):
    text: str
    found: list[Word]
    variety: int


def snippet(query: SearchQuery, excerpt: str, body: str) -> SafeString:
    """Return the passage with the most of the words, the words in ``<mark>``, everything else escaped.

    Without any of them in the text, it is the excerpt's beginning.
    """
    best = _Passage(excerpt, [], 0)
    wanted = len(query.words)
    for text in _passages(excerpt, body[:WINDOW_CHARS]):
        found = _matches(query, text)
        variety = len({_wanted_by(query, word.folded) for word in found})
        if variety > best.variety:
            best = _Passage(text, found, variety)
        if best.variety >= wanted:
            break
    return _marked(best.text, best.found)


def _passages(excerpt: str, body: str) -> Iterator[str]:
    yield " ".join(compose(excerpt).split())
    for paragraph in plain(compose(body)).split("\n\n"):
        text = " ".join(paragraph.split())
        for start in range(0, len(text), _MARKED_CHARS_MAX):
            yield text[start : start + _MARKED_CHARS_MAX]


def _matches(query: SearchQuery, text: str) -> list[Word]:
    return [word for word in words(text) if _wanted_by(query, word.folded)]


def _wanted_by(query: SearchQuery, folded: str) -> str:
    """Return the word of the query that a text's word answers, or nothing."""
    if folded in query.words:
        return folded
    return query.beginning if query.beginning and folded.startswith(query.beginning) else ""


def _marked(text: str, found: list[Word]) -> SafeString:
    start, end = _cut(text, found[0].start if found else 0)
    parts = ["…"] if start else []
    at = start
    for word in found:
        if start <= word.start and word.end <= end:
            parts += [escape(text[at : word.start]), "<mark>", escape(text[word.start : word.end]), "</mark>"]
            at = word.end
    parts.append(escape(text[at:end]))
    if end < len(text):
        parts.append("…")
    return mark_safe("".join(parts))  # noqa: S308 - each part of the text is escaped


def _cut(text: str, place: int) -> tuple[int, int]:
    """Return where to begin and end, between words if it can be."""
    start = max(0, place - _BEFORE_CHARS)
    if start:
        space = text.find(" ", start, place)
        start = start if space < 0 else space + 1
    end = min(len(text), start + SNIPPET_CHARS)
    if end < len(text):
        space = text.rfind(" ", place + 1, end)
        end = end if space < 0 else space
    return start, end
