"""Two writers started from one text: bring together what each of them changed. Pure.

The body is merged line by line, every other field as a whole, tags one by one. What only one side changed is settled;
where both changed the same place differently there is a conflict, which somebody has to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from merge3 import Merge3

from articles.content import Content
from articles.matching import LineMatcher

Lines = tuple[str, ...]
_WHOLE_FIELDS = tuple(field.name for field in fields(Content) if field.name not in ("body", "tags"))


class Choice(StrEnum):
    """How a conflict is decided."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"  # of the body only: theirs, then mine


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place both sides changed. Of the body the values are lines, none where that side deleted them."""

    field: str
    base: Any
    theirs: Any
    mine: Any

    @property
    def is_text(self) -> bool:
        """Whether it is a place in the body."""
        return self.field == "body"

    def decided(self, choice: Choice) -> Any:
        """Return the value, or the lines, that ``choice`` asks for."""
        if choice is Choice.BOTH and self.is_text:
            return _one_after_the_other(self.theirs, self.mine)
        return self.theirs if choice is Choice.THEIRS else self.mine


@dataclass(frozen=True, slots=True)
class Merge:
    """What came of it. ``pieces`` make up the body: settled lines, and numbers of ``conflicts``."""

    settled: Content  # all but the body; mine where there is a conflict
    pieces: tuple[Lines | int, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def content(self) -> Content:
        """The merged content, with my side wherever there is a conflict."""
        return self.resolved([Choice.MINE] * len(self.conflicts))

    def resolved(self, choices: Sequence[Choice]) -> Content:
        """Return the merged content with each conflict decided."""
        values = {
            conflict.field: conflict.decided(choice)
            for conflict, choice in zip(self.conflicts, choices, strict=True)
            if not conflict.is_text
        }
        return replace(self.settled, **values, body=self.body(choices))

    def body(self, choices: Sequence[Choice]) -> str:
        """Return the merged body with each conflict decided."""
        lines: list[str] = []
        for piece in self.pieces:
            lines += self.conflicts[piece].decided(choices[piece]) if isinstance(piece, int) else piece
        return "\n".join(lines)


def merge_content(base: Content, theirs: Content, mine: Content) -> Merge:
    """Bring together what ``theirs`` and ``mine`` made of ``base``."""
    conflicts: list[Conflict] = []
    values: dict[str, Any] = {}
    for name in _WHOLE_FIELDS:
        versions = [getattr(content, name) for content in (base, theirs, mine)]
        values[name] = _merged_value(*versions)
        if _is_conflict(*versions):
            conflicts.append(Conflict(name, *versions))
    pieces = _merged_body(base.body, theirs.body, mine.body, conflicts)
    tags = _merged_tags(base.tags, theirs.tags, mine.tags)
    return Merge(Content(**values, tags=tags), tuple(pieces), tuple(conflicts))


def _is_conflict(base: Any, theirs: Any, mine: Any) -> bool:
    return theirs not in (base, mine) and mine != base


def _merged_value(base: Any, theirs: Any, mine: Any) -> Any:
    return theirs if mine == base else mine


def _merged_tags(base: Lines, theirs: Lines, mine: Lines) -> Lines:
    """Return the tags that neither side took away and those that either put on."""
    in_base, in_theirs, in_mine = ({tag.casefold() for tag in tags} for tags in (base, theirs, mine))
    kept = [tag for tag in mine if tag.casefold() not in in_base or tag.casefold() in in_theirs]
    added = [tag for tag in theirs if tag.casefold() not in in_base | in_mine]
    return (*kept, *added)


def _merged_body(base: str, theirs: str, mine: str, conflicts: list[Conflict]) -> list[Lines | int]:
    """Return the pieces of the merged body and add its conflicts to those there are."""
    # Split at "\n" and nothing else, so that joining gives back what there was, form feeds and all.
    base_lines, their_lines, my_lines = (text.split("\n") for text in (base, theirs, mine))
    pieces: list[Lines | int] = []
    merge = Merge3(base_lines, my_lines, their_lines, sequence_matcher=LineMatcher)
    sources = {"unchanged": base_lines, "same": my_lines, "a": my_lines, "b": their_lines}
    for kind, start, end, *rest in merge.merge_regions():
        if kind != "conflict":
            pieces.append(tuple(sources[kind][start:end]))
            continue
        my_from, my_to, their_from, their_to = rest
        sides = (base_lines[start:end], their_lines[their_from:their_to], my_lines[my_from:my_to])
        before, clash, after = _narrowed(Conflict("body", *map(tuple, sides)))
        pieces += [before, len(conflicts), after]
        conflicts.append(clash)
    return [piece for piece in pieces if piece != ()]


def _narrowed(clash: Conflict) -> tuple[Lines, Conflict, Lines]:
    """Return the lines both sides begin with, the conflict without them, and the lines both end with."""
    theirs, mine = clash.theirs, clash.mine
    most = min(len(theirs), len(mine))
    start = next((at for at in range(most) if theirs[at] != mine[at]), most)
    most -= start
    end = next((at for at in range(most) if theirs[-1 - at] != mine[-1 - at]), most)
    narrow = replace(clash, theirs=theirs[start : len(theirs) - end], mine=mine[start : len(mine) - end])
    return mine[:start], narrow, mine[len(mine) - end :]


def _one_after_the_other(theirs: Lines, mine: Lines) -> Lines:
    # Without an empty line between them Markdown would make one paragraph of two.
    between = ("",) if theirs and mine and theirs[-1].strip() and mine[0].strip() else ()
    return (*theirs, *between, *mine)
