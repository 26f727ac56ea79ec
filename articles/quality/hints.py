"""All the advice on a text."""

from __future__ import annotations

from articles.quality.archive import check_archive
from articles.quality.frame import check_frame, check_headings, check_length
from articles.quality.links import check_links
from articles.quality.pictures import check_pictures
from articles.quality.readability import check_readability, check_sentences
from articles.quality.reading import Check, Hint, Level, Reading
from articles.quality.repetition import check_repetition

__all__ = ["CHECKS", "Hint", "Level", "hints_of"]

#: In the order a writer goes through them. A new check is a line here and a function.
CHECKS: tuple[Check, ...] = (
    check_length,
    check_frame,
    check_headings,
    check_readability,
    check_sentences,
    check_repetition,
    check_pictures,
    check_links,
    check_archive,
)


def hints_of(reading: Reading) -> list[Hint]:
    """Return the advice on a text, topic by topic, in the language that is active; at most three queries."""
    return [hint for check in CHECKS for hint in check(reading)]
