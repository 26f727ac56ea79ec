"""The conflicts of a merge as its page shows them: each side with the words it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from articles.diffs import Run, word_runs
from articles.enums import Language, Origin
from articles.merging import Choice, Conflict, Merge
from articles.models import Category, Image
from articles.studio.forms import ArticleForm

_MAX_COMPARED_CHARS = 40_000  # more than anybody reads side by side; past it the sides stand there unmarked


@dataclass(frozen=True, slots=True)
class Place:
    """One conflict as the page shows it; ``text_number`` counts those in the body."""

    number: int
    text_number: int
    conflict: Conflict
    label: str
    mine: str
    theirs: str
    choice: Choice | None
    errors: Sequence[str]
    mine_runs: Sequence[Run] = field(default=())
    their_runs: Sequence[Run] = field(default=())


def places_of(merge: Merge, choices: Mapping[int, Choice], errors: Mapping[str, Sequence[str]]) -> list[Place]:
    """Return the conflicts in the page's words, compared word by word as far as that can be read."""
    places: list[Place] = []
    left_chars, text_number = _MAX_COMPARED_CHARS, 0
    for number, conflict in enumerate(merge.conflicts):
        text_number += conflict.is_text
        mine, theirs = (_shown(conflict, value) for value in (conflict.mine, conflict.theirs))
        base = _shown(conflict, conflict.base)
        left_chars -= len(base) + len(mine) + len(theirs)
        runs = (word_runs(base, mine), word_runs(base, theirs)) if left_chars >= 0 else ((), ())
        place = Place(
            number, text_number, conflict, label_of(conflict.field), mine, theirs, choices.get(number),
            errors.get(f"choice-{number}", ()), *runs,
        )  # fmt: skip
        places.append(place)
    return places


def problems_of(errors: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what stands above the page: what was refused, by field, and that choices are missing."""
    named = [
        f"{label_of(name)}: {message}" if name in ArticleForm.base_fields else str(message)
        for name, messages in errors.items()
        for message in messages
        if not name.startswith("choice-")
    ]
    missing = any(name.startswith("choice-") for name in errors)
    return [*named, *([_("Not saved yet: choose what to keep in each place marked below.")] if missing else [])]


def script_data(merge: Merge) -> dict[str, Any]:
    """Return what the page's script makes the text of: settled lines, and the lines of each choice."""
    return {
        "pieces": [piece if isinstance(piece, int) else list(piece) for piece in merge.pieces],
        "places": [
            {choice.value: list(conflict.decided(choice)) for choice in Choice} if conflict.is_text else None
            for conflict in merge.conflicts
        ],
    }


def label_of(name: str) -> str:
    """Return what the editor calls a field."""
    known = ArticleForm.base_fields.get(name.removesuffix("_id"))
    return str(known.label) if known else name


def _shown(conflict: Conflict, value: Any) -> str:
    """Return a side in words: text as it is, rows by their names, codes by their labels."""
    if conflict.is_text:
        return "\n".join(value)
    if conflict.field == "category_id":
        return str(Category.objects.filter(pk=value).first() or "")
    if conflict.field == "cover_id":
        return str(Image.objects.filter(pk=value).first() or "")
    if conflict.field in ("language", "origin"):
        choices = Language if conflict.field == "language" else Origin
        return str(choices(value).label) if value in choices.values else str(value)
    return str(value)
