"""What a reader asks for: words that must all occur, phrases in quotes, the last word perhaps only begun."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.search.words import compose, words

MAX_QUERY_CHARS = 200
MAX_QUERY_WORDS = 24
MIN_PREFIX_CHARS = 3
_GAPS = re.compile(r"[\s()\[\]{}<>|&*,;:!?\"]+")
_QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»]*)[\"“”„«»]")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or several that follow each other; ``is_prefix`` when more letters may follow the last."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """All of ``terms`` must occur. ``is_open`` when the last was perhaps not typed to its end."""

    terms: tuple[Term, ...]
    is_open: bool = False

    def as_prefix(self) -> SearchQuery:
        """Return the query that also takes words that begin with the last one."""
        return replace(self, terms=(*self.terms[:-1], replace(self.terms[-1], is_prefix=True)), is_open=False)

    @property
    def words(self) -> frozenset[str]:
        """Every word of the query, for marking."""
        return frozenset(word for term in self.terms for word in term.words)

    @property
    def beginning(self) -> str:
        """What the last word begins with when it is open or a prefix; empty otherwise."""
        last = self.terms[-1] if self.terms else Term(())
        return last.words[-1] if last.words and (self.is_open or last.is_prefix) else ""


def parse_query(text: str) -> SearchQuery:
    """Return what ``text`` asks for; no terms when it has no word.

    Operators of any search engine are plain text here. Raises ValidationError naming ``q`` when it is too long.
    """
    if len(text) > MAX_QUERY_CHARS:
        raise ValidationError({"q": _("At most %(most)d characters.") % {"most": MAX_QUERY_CHARS}})
    terms, is_open, rest = [], False, 0
    composed = compose(text)
    for quoted in _QUOTED.finditer(composed):
        terms += _loose(composed[rest : quoted.start()])
        terms += _phrase(quoted.group(1))
        rest = quoted.end()
    tail = _loose(composed[rest:])
    if tail and composed[-1:].isalnum() and len(tail[-1].words[-1]) >= MIN_PREFIX_CHARS:
        is_open = True
    terms += tail
    if sum(len(term.words) for term in terms) > MAX_QUERY_WORDS:
        raise ValidationError({"q": _("At most %(most)d words.") % {"most": MAX_QUERY_WORDS}})
    ordered = terms if not is_open else [term for term in terms[:-1] if term != terms[-1]] + terms[-1:]
    return SearchQuery(tuple(dict.fromkeys(ordered)), is_open)


def _loose(text: str) -> list[Term]:
    """One term for each run without a gap: ``e-mail`` is two words that follow each other."""
    return [term for run in _GAPS.split(text) for term in _phrase(run)]


def _phrase(text: str) -> list[Term]:
    found = tuple(word.folded for word in words(text))
    return [Term(found)] if found else []
