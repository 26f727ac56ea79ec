"""Which lines two texts have in common, in bounded time whatever the texts are. Pure.

``difflib`` takes minutes for two texts of 200,000 characters that are made of a hundred short lines over and over.
Here lines that occur once on both sides are the anchors, as in a patience diff; between them a table is filled, as long
as the budget of cells lasts. Past it the rest counts as changed, which is never wrong, only less fine.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

Block = tuple[int, int, int]  # where in a, where in b, how many lines
_MAX_CELLS = 1_000_000  # 0.3 s
_MAX_DEPTH = 40


class LineMatcher:
    """Takes the place of ``difflib.SequenceMatcher`` where only ``get_matching_blocks`` is asked for."""

    def __init__(self, _isjunk: object, a: Sequence[str], b: Sequence[str]) -> None:
        self._a, self._b = a, b
        self._cells_left = _MAX_CELLS
        self._blocks: list[Block] = []

    def get_matching_blocks(self) -> list[Block]:
        """Return the common runs of lines in order, and an empty one at the end."""
        self._match(0, len(self._a), 0, len(self._b), _MAX_DEPTH)
        ordered = [*sorted(self._blocks), (len(self._a), len(self._b), 0)]
        return _joined(ordered)

    def _match(self, a_from: int, a_to: int, b_from: int, b_to: int, depth: int) -> None:
        """Find the common lines of two ranges: their equal ends, their anchors, and what lies between those."""
        a, b = self._a, self._b
        start = a_from
        while a_from < a_to and b_from < b_to and a[a_from] == b[b_from]:
            a_from, b_from = a_from + 1, b_from + 1
        self._keep(start, b_from - (a_from - start), a_from - start)
        end = a_to
        while a_from < a_to and b_from < b_to and a[a_to - 1] == b[b_to - 1]:
            a_to, b_to = a_to - 1, b_to - 1
        self._keep(a_to, b_to, end - a_to)
        if a_from == a_to or b_from == b_to:
            return
        anchors = _anchors(a[a_from:a_to], b[b_from:b_to]) if depth else []
        if not anchors:
            self._fill_table(a_from, a_to, b_from, b_to)
            return
        for a_at, b_at in [*((a_from + i, b_from + j) for i, j in anchors), (a_to, b_to)]:
            self._match(a_from, a_at, b_from, b_at, depth - 1)
            if a_at < a_to:
                self._keep(a_at, b_at, 1)
            a_from, b_from = a_at + 1, b_at + 1

    def _keep(self, a_at: int, b_at: int, length: int) -> None:
        if length:
            self._blocks.append((a_at, b_at, length))

    def _fill_table(self, a_from: int, a_to: int, b_from: int, b_to: int) -> None:
        """Find a longest common subsequence of two ranges without anchors, if the budget allows."""
        a, b = self._a[a_from:a_to], self._b[b_from:b_to]
        cells = len(a) * len(b)
        if cells > self._cells_left:
            return
        self._cells_left -= cells
        longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
        for i in range(len(a) - 1, -1, -1):
            row, below = longest[i], longest[i + 1]
            for j in range(len(b) - 1, -1, -1):
                row[j] = below[j + 1] + 1 if a[i] == b[j] else max(below[j], row[j + 1])
        i = j = 0
        while i < len(a) and j < len(b):
            if a[i] == b[j]:
                self._keep(a_from + i, b_from + j, 1)
                i, j = i + 1, j + 1
            elif longest[i + 1][j] >= longest[i][j + 1]:
                i += 1
            else:
                j += 1


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the lines stand that occur once in each, as many of them as are in the same order in both."""
    counts_a, counts_b = Counter(a), Counter(b)
    where_b = {line: at for at, line in enumerate(b) if counts_b[line] == 1}
    pairs = [(at, where_b[line]) for at, line in enumerate(a) if counts_a[line] == 1 and line in where_b]
    return _rising(pairs)


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs, adjacent or not, whose second numbers rise; the first ones do."""
    tops: list[int] = []  # the smallest second number that ends a run of each length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for index, (_at, b_at) in enumerate(pairs):
        length = bisect_left(tops, b_at)
        before.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [b_at]
        ends[length : length + 1] = [index]
    found, index = [], ends[-1] if ends else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with those that touch on both sides made one; the empty one at the end stays."""
    found: list[Block] = []
    for a_at, b_at, length in blocks:
        if found and length and (found[-1][0] + found[-1][2], found[-1][1] + found[-1][2]) == (a_at, b_at):
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + length)
        else:
            found.append((a_at, b_at, length))
    return found
