"""Text as the search sees it: words without case and accents, the same for what is stored and what is asked for.

Both are folded here and not by the database, so every database finds the same: SQLite's tokenizer and PostgreSQL's
parser are given words that neither has anything left to do with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

MAX_WORD_CHARS = 64
_WORD = re.compile(r"[^\W_]+")
# Letters that Unicode does not take apart although readers type the plain one.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t"}
)
# Each of these is linear on any text: what repeats can't run over the character the pattern begins with.
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_LINK_TARGET = re.compile(
    r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)|\]\[[^\[\]]*\]|<(?:https?|mailto):[^<>\s]+>"
)
_MARKS = re.compile(r"!\[|[\[\]*_`#>|~\\]+|^[ \t]*(?:[-+]|\d{1,9}[.)])[ \t]|^[ \t]*-{3,}[ \t]*$", re.MULTILINE)


class Word(NamedTuple):
    """One word of a text: as it is looked for, and where it stands."""

    folded: str
    start: int
    end: int


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Return ``word`` in lower case, without accents; empty when nothing of it is a letter or a digit."""
    if word.isascii():
        return word.lower()[:MAX_WORD_CHARS]
    apart = unicodedata.normalize("NFKD", word.casefold()).translate(_PLAIN)
    return "".join(char for char in apart if char.isalnum()).lower()[:MAX_WORD_CHARS]


def words(text: str) -> Iterator[Word]:
    """Yield the words of ``text``, which is in NFC; an accent that stands apart would part a word."""
    for match in _WORD.finditer(text):
        if folded := fold(match.group()):
            yield Word(folded, match.start(), match.end())


def folded_words(text: str) -> str:
    """Return the words of ``text`` as the index keeps them: folded, one space between two."""
    return " ".join(filter(None, map(fold, _WORD.findall(compose(text)))))


def compose(text: str) -> str:
    """Return ``text`` with each accent joined to its letter."""
    return unicodedata.normalize("NFC", text)


def plain(markdown: str) -> str:
    """Return a Markdown text about as readers see it: without marks and without the addresses of links.

    It is no parser: it takes a hundredth of the time, and a mark that stays costs a snippet little.
    """
    return _MARKS.sub(" ", _LINK_TARGET.sub("]", _FENCE.sub("", markdown)))
