"""What changed between two texts, word by word. Pure, and bounded in time whatever the texts.

Lines are aligned first, then the words of the lines that differ. Both alignments hold on to what occurs once on either
side (so a text of many small changes costs no more than sorting it) and search the gaps between for the shortest
edit, within a budget; a gap that would cost more is shown as replaced.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

_WORDS = re.compile(r"\w+|\n|[^\S\n]+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
#: Line ends stand alone, so that a last line without one is still the same line when another follows it.
_PARAGRAPHS = re.compile(r"[^\n]+|\n+")
#: The most insertions and deletions searched for in one gap, whose cost is its square.
_MOST_EDITS = 150
#: The most steps of all searches of one comparison: about a second.
_BUDGET_STEPS = 1_500_000
#: Gaps within gaps; deeper ones are searched without looking for what occurs once.
_MOST_DEPTH = 12
#: Of more lines than these the pairs would take longer to compare than the whole.
_MOST_PAIRS = 4000
#: Of a gap in which less than this share of the letters is kept, the kept ones are chance.
_LEAST_KEPT = 0.3


class Kind(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"
    FOLDED = "folded"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text that is the same, removed or added."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class DiffBlock:
    """Whole lines of one kind. The runs of all blocks without the added ones are the text before, without the removed
    ones the text after."""

    kind: Kind
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """All that it holds, in order."""
        return "".join(run.text for run in self.runs)

    @property
    def lines(self) -> int:
        """How many lines of text that can be seen it holds."""
        return sum(1 for line in self.text.splitlines() if line.strip()) or 1


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of both texts: the same in both, or what was there and what came instead; either may be empty."""

    was: str
    now: str


def word_diff(before: str, after: str) -> list[DiffBlock]:
    """Return how ``before`` became ``after``, as blocks of lines with the words that changed in them."""
    return list(_blocks(word_runs(before, after)))


def word_runs(before: str, after: str) -> list[Run]:
    """Return the same as one row of runs, for a text of one line."""
    budget = _Budget(_BUDGET_STEPS)
    runs: list[Run] = []
    for was, became in _aligned(_PARAGRAPHS.findall(before), _PARAGRAPHS.findall(after), budget):
        # As many lines as before are most likely the same ones, each changed a little.
        are_pairs = len(was) == len(became) <= _MOST_PAIRS
        pairs = zip(was, became, strict=True) if are_pairs else [("".join(was), "".join(became))]
        for line_was, line_became in pairs:
            runs.extend(_hunk(line_was, line_became, budget))
    return list(_joined(runs))


def word_changes(before: str, after: str) -> list[Change]:
    """Return the same with what was removed beside what came instead, so that each change can be taken by itself."""
    changes: list[Change] = []
    removed = ""
    for run in word_runs(before, after):
        if run.kind is Kind.REMOVED:
            changes += [Change(removed, "")] if removed else []
            removed = run.text
        elif run.kind is Kind.ADDED:
            changes.append(Change(removed, run.text))
            removed = ""
        else:
            changes += [Change(removed, "")] if removed else []
            changes.append(Change(run.text, run.text))
            removed = ""
    return changes + ([Change(removed, "")] if removed else [])


def word_counts(blocks: Iterable[DiffBlock]) -> tuple[int, int]:
    """Return how many words were removed and added."""
    counts: Counter[Kind] = Counter()
    for block in blocks:
        for run in block.runs:
            counts[run.kind] += len(run.text.split())
    return counts[Kind.REMOVED], counts[Kind.ADDED]


def folded(blocks: Iterable[DiffBlock], *, context: int = 2) -> Iterator[DiffBlock]:
    """Part each long block of unchanged lines, so that all but ``context`` lines beside a change can be folded away."""
    kept = list(blocks)
    for at, block in enumerate(kept):
        lines = _LINES.findall(block.text) if block.kind is Kind.SAME else []
        head = 0 if at == 0 else context
        tail = 0 if at == len(kept) - 1 else context
        if len(lines) <= head + tail + context or len(kept) == 1:
            yield block
            continue
        end = len(lines) - tail
        for kind, part in ((Kind.SAME, lines[:head]), (Kind.FOLDED, lines[head:end]), (Kind.SAME, lines[end:])):
            if part:
                yield DiffBlock(kind, (Run(Kind.SAME, "".join(part)),))


@dataclass(slots=True)
class _Budget:
    steps: int


_Gap = tuple[Sequence[str], Sequence[str]]


def _hunk(before: str, after: str, budget: _Budget) -> list[Run]:
    """Return the words' runs of lines; replaced as a whole where little was kept."""
    if before == after:
        return [Run(Kind.SAME, before)]
    runs: list[Run] = []
    for was, became in _aligned(_WORDS.findall(before), _WORDS.findall(after), budget):
        if was == became:
            runs.append(Run(Kind.SAME, "".join(was)))
        else:
            runs.extend(_replaced("".join(was), "".join(became)))
    letters = sum(len(run.text.strip()) for run in runs if run.kind is Kind.SAME)
    if letters < _LEAST_KEPT * min(len(before), len(after)):
        return _replaced(before, after)
    return _slid(_without_crumbs(list(_joined(runs))))


def _replaced(before: str, after: str) -> list[Run]:
    return [run for run in (Run(Kind.REMOVED, before), Run(Kind.ADDED, after)) if run.text]


def _without_crumbs(runs: list[Run]) -> list[Run]:
    """Return the runs with the lone spaces between two changes counted to the change, so that phrases read whole."""
    kept: list[Run] = []
    removed = added = ""
    for at, run in enumerate(runs):
        is_crumb = run.kind is Kind.SAME and 0 < at < len(runs) - 1 and run.text == " "
        if run.kind is Kind.SAME and not is_crumb:
            kept += [*_replaced(removed, added), run]
            removed = added = ""
            continue
        removed += run.text if run.kind is not Kind.ADDED else ""
        added += run.text if run.kind is not Kind.REMOVED else ""
    return kept + _replaced(removed, added)


def _slid(runs: list[Run]) -> list[Run]:
    """Return the runs with each change that stands alone moved behind the space it begins with, as words are read."""
    slid = list(runs)
    for at in range(1, len(slid) - 1):
        last, run, following = slid[at - 1 : at + 2]
        stands_alone = run.kind is not Kind.SAME and last.kind is following.kind is Kind.SAME
        if stands_alone and run.text.startswith(" ") and following.text.startswith(" "):
            slid[at - 1] = Run(Kind.SAME, last.text + " ")
            slid[at] = Run(run.kind, run.text[1:] + " ")
            slid[at + 1] = Run(Kind.SAME, following.text[1:])
    return [run for run in slid if run.text]


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield the runs with neighbours of one kind as one."""
    last: Run | None = None
    for run in runs:
        if last is not None and last.kind is run.kind:
            last = Run(run.kind, last.text + run.text)
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def _blocks(runs: Iterable[Run]) -> Iterator[DiffBlock]:
    """Yield the runs as blocks of whole lines; lines of one kind that follow each other are one block."""
    kind, kept = Kind.SAME, list[Run]()
    for line in _lines(runs):
        kinds = {run.kind for run in line}
        line_kind = kinds.pop() if len(kinds) == 1 else Kind.CHANGED
        if kept and line_kind is not kind:
            yield DiffBlock(kind, tuple(_joined(kept)))
            kept = []
        kind = line_kind
        kept += line
    if kept:
        yield DiffBlock(kind, tuple(_joined(kept)))


def _lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for run in runs:
        for piece in _LINES.findall(run.text):
            line.append(Run(run.kind, piece))
            if piece.endswith("\n"):
                yield line
                line = []
    if line:
        yield line


def _aligned(before: Sequence[str], after: Sequence[str], budget: _Budget, depth: int = 0) -> Iterator[_Gap]:
    """Yield pairs of slices, in order: equal ones and ones of which one became the other."""
    start, end = _common_ends(before, after)
    if start:
        yield before[:start], after[:start]
    was, became = before[start : len(before) - end], after[start : len(after) - end]
    if was and became:
        anchors = _anchors(was, became) if depth < _MOST_DEPTH else []
        if anchors:
            for gap_was, gap_became in _split(was, became, anchors):
                yield from _aligned(gap_was, gap_became, budget, depth + 1)
        else:
            yield from _split(was, became, _shortest_edit(was, became, budget))
    elif was or became:
        yield was, became
    if end:
        yield before[-end:], after[-end:]


def _split(was: Sequence[str], became: Sequence[str], matches: Iterable[tuple[int, int]]) -> Iterator[_Gap]:
    """Yield the matched items of both and, in order, what lies between them."""
    at_was = at_became = 0
    for i, j in matches:
        if (i, j) != (at_was, at_became):
            yield was[at_was:i], became[at_became:j]
        yield was[i : i + 1], became[j : j + 1]
        at_was, at_became = i + 1, j + 1
    if (at_was, at_became) != (len(was), len(became)):
        yield was[at_was:], became[at_became:]


def _common_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Return how many items are the same at the start and, of the rest, at the end."""
    most = min(len(before), len(after))
    start = next((at for at in range(most) if before[at] != after[at]), most)
    end = next((at for at in range(most - start) if before[-1 - at] != after[-1 - at]), most - start)
    return start, end


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return where both have an item that neither has twice: the longest row of pairs that is in order in both."""
    counts_before, counts_after = Counter(before), Counter(after)
    places = {item: at for at, item in enumerate(after) if counts_after[item] == 1 and counts_before[item] == 1}
    pairs = [(at, places[item]) for at, item in enumerate(before) if item in places]
    tails: list[int] = []  # the smallest last place of a row of each length
    ends: list[int] = []  # which pair that is
    previous: list[int] = []
    for at, (_before, place) in enumerate(pairs):
        length = bisect_left(tails, place)
        previous.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(place)
            ends.append(at)
        tails[length], ends[length] = place, at
    row: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        row.append(pairs[at])
        at = previous[at]
    return row[::-1]


def _shortest_edit(before: Sequence[str], after: Sequence[str], budget: _Budget) -> list[tuple[int, int]]:
    """Return the places that match in a shortest edit (Myers 1986); none when it is longer than what is searched."""
    furthest, trail = {1: 0}, list[dict[int, int]]()
    for edits in range(min(_MOST_EDITS, len(before) + len(after)) + 1):
        trail.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            start, _origin = _entry(furthest, diagonal, edits)
            at = start
            while at < len(before) and at - diagonal < len(after) and before[at] == after[at - diagonal]:
                at += 1
            furthest[diagonal] = at
            budget.steps -= 1 + at - start
            if at == len(before) and at - diagonal == len(after):
                return _matches(trail, diagonal, at)
        if budget.steps < 0:
            break
    return []


def _entry(furthest: dict[int, int], diagonal: int, edits: int) -> tuple[int, int]:
    """Return where the best path comes on to ``diagonal`` and from which: the next by an insertion, or the last."""
    if diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1]):
        return furthest[diagonal + 1], diagonal + 1
    return furthest[diagonal - 1] + 1, diagonal - 1


def _matches(trail: list[dict[int, int]], diagonal: int, at: int) -> list[tuple[int, int]]:
    """Follow the path back and return its matches, first one first."""
    found: list[tuple[int, int]] = []
    for edits in range(len(trail) - 1, -1, -1):
        furthest = trail[edits]
        start, origin = _entry(furthest, diagonal, edits)
        found += [(i, i - diagonal) for i in range(at - 1, start - 1, -1)]
        diagonal, at = origin, furthest[origin]
    return found[::-1]
