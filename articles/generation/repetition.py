"""Loops of small models, noticed while they stream: words, sentences and lists that come round again, and salad.

Pure, one object a section; each word is looked at once. ``LoopGuard`` is a ``writers.Guard``: it is given the whole
text so far, again and again, and says after how many characters to cut it. What is kept ends before the first word that
was only repeated.
"""

from __future__ import annotations

import re
from collections import deque

#: Longest stretch of words that is looked for as a period.
_MOST_PERIOD = 40
#: Of so many words in a row that equal those one period before, the period counts as a loop: twice over, at most 14.
_LEAST_RUN, _MOST_RUN = 6, 14
_SAME_WORD_RUN = 3
_SENTENCE_WORDS = 8
#: In a window of so many words, the share of triples that stood in the section before.
_WINDOW, _SEEN_SHARE = 32, 0.6
_LIST_ITEMS = 20
_BREATH_WORDS = 130
_LONGEST_WORD = 48
_SALAD_CHARS, _SALAD_SHARE = 120, 0.35

_PIECE = re.compile(r"\n|[^\s]+")
_LETTERS = re.compile(r"[^\W_]+")
_ROUND = re.compile(r"(\S{1,8}?)\1{11}")
_LIST_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])$")
_SENTENCE_END = re.compile(r"[.!?…:][\"'”’)\]*_]*$")
_ADDRESS = re.compile(r"https?:|www\.|/|\]\(")
_PLAIN = frozenset(".,;:!?'\"-–—()’“”*#%")


class LoopGuard:
    """Watches one section; once it has said where to cut, it says so again."""

    def __init__(self) -> None:
        self._read = 0
        self._words: list[str] = []
        self._places: list[int] = []
        self._runs = [0] * (_MOST_PERIOD + 1)
        self._triples: set[tuple[str, str, str]] = set()
        self._seen: deque[bool] = deque(maxlen=_WINDOW)
        self._sentences: set[tuple[str, ...]] = set()
        self._sentence_at = 0
        self._items = 0
        self._line_starts = True
        self._line_is_table = self._in_code = False
        self._salad: deque[int | None] = deque(maxlen=_SALAD_CHARS)
        self._cut: int | None = None

    def __call__(self, text: str) -> int | None:
        """Return after how many characters to cut, or None; looks only at whole words that are new."""
        end = max(text.rfind(" "), text.rfind("\n")) + 1
        if self._cut is None and len(text) - end > 4 * _LONGEST_WORD:
            end = len(text)  # one endless word
        while self._cut is None and self._read < end:
            piece = _PIECE.search(text, self._read, end)
            if piece is None:
                self._read = end
                break
            self._read = piece.end()
            self._cut = self._line() if piece[0] == "\n" else self._take(piece[0], piece.start())
        return self._cut

    def _line(self) -> int | None:
        """Note the end of a line, which ends a sentence too."""
        cut = self._sentence_over()
        self._line_starts, self._line_is_table = True, False
        return cut

    def _take(self, piece: str, at: int) -> int | None:
        """Look at what stands between two spaces."""
        if self._line_starts and (found := self._line_begins(piece, at)) is not None:
            return found
        if self._in_code or self._line_is_table:
            return None
        if (found := self._salad_at(piece, at)) is not None:
            return found
        for word in _LETTERS.findall(piece):
            self._words.append(word.casefold())
            self._places.append(at)
            if (found := self._repeated()) is not None:
                return found
        return self._sentence_over() if _SENTENCE_END.search(piece) else None

    def _line_begins(self, piece: str, at: int) -> int | None:
        self._line_starts = False
        if piece.startswith("```"):
            self._in_code = not self._in_code
        self._line_is_table = piece.startswith("|")
        self._items = self._items + 1 if _LIST_ITEM.match(piece) else 0
        return at if self._items > _LIST_ITEMS else None

    def _repeated(self) -> int | None:
        """Look whether the newest word continues a loop."""
        found = self._period()
        return self._window() if found is None else found

    def _period(self) -> int | None:
        words, last = self._words, len(self._words) - 1
        newest = words[last]
        for period in range(1, min(_MOST_PERIOD, last) + 1):
            if newest != words[last - period]:
                self._runs[period] = 0
                continue
            self._runs[period] += 1
            run = self._runs[period]
            least = _SAME_WORD_RUN if period == 1 else max(_LEAST_RUN, min(2 * period, _MOST_RUN))
            if run >= least:
                return self._places[last - run + 1]
        return None

    def _window(self) -> int | None:
        if len(self._words) < 3:
            return None
        one, two, three = self._words[-3:]
        triple = (one, two, three)
        self._seen.append(triple in self._triples)
        self._triples.add(triple)
        if len(self._seen) < _WINDOW or sum(self._seen) < _SEEN_SHARE * _WINDOW:
            return None
        first = list(self._seen).index(True)
        return self._places[len(self._words) - _WINDOW + first - 2]

    def _sentence_over(self) -> int | None:
        start, self._sentence_at = self._sentence_at, len(self._words)
        sentence = tuple(self._words[start:])
        if len(sentence) < _SENTENCE_WORDS:
            return None
        if sentence in self._sentences:
            return self._places[start]
        self._sentences.add(sentence)
        return None

    def _salad_at(self, piece: str, at: int) -> int | None:
        """Look for endless words, a few characters over and over, more signs than letters, sentences without an end."""
        if _ADDRESS.search(piece):
            return None
        if len(piece) > _LONGEST_WORD and max(map(len, _LETTERS.findall(piece)), default=0) > _LONGEST_WORD:
            return at
        if _LETTERS.search(piece) and _ROUND.search(piece):
            return at
        self._salad.extend(None if _is_plain(character) else at for character in piece[:_SALAD_CHARS])
        signs = [place for place in self._salad if place is not None]
        if len(self._salad) == _SALAD_CHARS and len(signs) > _SALAD_SHARE * _SALAD_CHARS:
            return signs[0]
        if len(self._words) - self._sentence_at > _BREATH_WORDS:
            return self._places[self._sentence_at]
        return None


def _is_plain(character: str) -> bool:
    return character.isalnum() or character in _PLAIN
