"""A text in sections, and the one Markdown text that they make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict


class Section(TypedDict):
    """One part: its title, empty for a text without parts, and its Markdown."""

    title: str
    text: str


def markdown_of(sections: Iterable[Section]) -> str:
    """Return the sections as one text, each under its heading; sections without words are left out."""
    parts = []
    for section in sections:
        title, text = section["title"].strip(), section["text"].strip()
        if text:
            parts.append(f"## {title}\n\n{text}" if title else text)
    return "\n\n".join(parts)
