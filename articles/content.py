"""What an editor writes of an article, as one value: forms fill it, drafts and revisions keep it, diffs compare it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from articles.enums import Language, Origin

_PICTURE = re.compile(r"!\[[^\[\]]*\]\([^()\s]*\)")
_LETTER_OR_FIGURE = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Content:
    """The written part of an article; everything but its way to the readers.

    ``tags`` are names, in no order that is kept. ``slug`` and ``excerpt`` may be empty: they are then made from the
    title and the first paragraph.
    """

    title: str
    body: str = ""
    slug: str = ""
    excerpt: str = ""
    language: str = Language.ENGLISH.value
    category_id: int | None = None
    tags: tuple[str, ...] = ()
    cover_id: int | None = None
    seo_title: str = ""
    seo_description: str = ""
    origin: str = Origin.HUMAN.value

    def to_json(self) -> dict[str, Any]:
        """Return what a JSON column keeps."""
        return {**asdict(self), "tags": list(self.tags)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Content:
        """Return what ``to_json`` was given; fields of an older or newer release are left out or take their default."""
        known = {field.name for field in fields(cls)}
        kept = {name: value for name, value in stored.items() if name in known}
        return cls(**{**kept, "tags": tuple(kept.get("tags", ()))})

    def same_as(self, other: Content) -> bool:
        """Whether both say the same, in whatever order their tags are."""
        return replace(self, tags=()) == replace(other, tags=()) and frozenset(self.tags) == frozenset(other.tags)

    def stripped(self) -> Content:
        """Return it with its short texts on one line, single spaces between their words; the body keeps its own."""
        return replace(
            self, title=_one_line(self.title), slug=self.slug.strip(), excerpt=_one_line(self.excerpt),
            seo_title=_one_line(self.seo_title), seo_description=_one_line(self.seo_description),
            tags=_clean_tags(self.tags),
        )  # fmt: skip


def count_words(body: str) -> int:
    """Return how many words a text has: what white space parts, if it has a letter or a figure; pictures have none.

    ``static/studio/editor-counts.js`` counts the same way while somebody writes.
    """
    return sum(1 for part in _PICTURE.sub(" ", body).split() if _LETTER_OR_FIGURE.search(part))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names with single spaces, without repetitions whatever their case."""
    named = {name.casefold(): name for name in reversed([_one_line(tag) for tag in tags]) if name}
    return tuple(reversed(named.values()))


#: The columns of Article that a Content fills directly; tags are rows of their own.
CONTENT_COLUMNS = tuple(field.name for field in fields(Content) if field.name != "tags")
