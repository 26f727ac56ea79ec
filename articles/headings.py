"""The ids of a text's headings, for links into it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from django.utils.text import slugify

# A text's own word never becomes a name that the page's scripts or labels go by.
PREFIX: Final = "h-"
_MAX_CHARS: Final = 60
_FALLBACK: Final = "section"  # a heading in a script that has no ASCII letters


class HeadingIds:
    """Gives each heading of one text an id of its own: its words, and a number from the second on."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._count: Counter[str] = Counter()

    def take(self, words: str) -> str:
        """Return the next id for a heading of these words."""
        base = slugify(words[: 4 * _MAX_CHARS])[:_MAX_CHARS].strip("-_") or _FALLBACK
        found = f"{PREFIX}{base}"
        while found in self._taken:
            self._count[base] += 1
            found = f"{PREFIX}{base}-{self._count[base] + 1}"
        self._taken.add(found)
        return found
