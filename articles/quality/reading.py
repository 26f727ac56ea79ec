"""What every check is given of a text, read once, and what each gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain

from articles.content import Content
from articles.quality.prose import Outline, Sentence, outline_of, sentences_of


class Level(StrEnum):
    """How much a hint matters: worth a change, or good to know."""

    ADVICE = "advice"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Hint:
    """One piece of advice. ``code`` is ``topic.matter``; ``line`` counts the body's lines from 1.

    ``message`` is in the reader's language: what was seen, then how to mend it. ``href`` leads to what it speaks of.
    """

    code: str
    level: Level
    message: str
    line: int | None = None
    href: str = ""

    @property
    def topic(self) -> str:
        """The part of the advice it belongs to."""
        return self.code.partition(".")[0]


class Reading:
    """A text and what is found in it, each part looked for when it is first asked for."""

    def __init__(self, content: Content, article_id: int | None = None) -> None:
        self.content = content
        self.article_id = article_id

    @cached_property
    def outline(self) -> Outline:
        """Its paragraphs, headings, links and images."""
        return outline_of(self.content.body)

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Its sentences, headings left out."""
        return list(sentences_of(self.outline.blocks))

    @cached_property
    def words(self) -> list[str]:
        """The words of its sentences."""
        return list(chain.from_iterable(sentence.words for sentence in self.sentences))


Check = Callable[[Reading], Iterable[Hint]]
