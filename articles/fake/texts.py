"""Made-up titles and texts. Words follow Zipf's law, as those of real texts do; one seed always gives the same."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from articles.fake.words import Vocabulary

_PARAGRAPHS = (3, 7)
_SENTENCES = (3, 5)
_HEADING_SHARE = 0.4
_LIST_SHARE = 0.15
_DRAWN_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Text:
    """One article's words."""

    title: str
    body: str
    excerpt: str


class Zipf:
    """Chooses from a list, the n-th word with a probability of 1/n of the first's."""

    def __init__(self, words: Sequence[str], random_: random.Random) -> None:
        self._words = words
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
        self._choices = random_.choices
        self._drawn: list[str] = []

    def __call__(self) -> str:
        """Return a word."""
        if not self._drawn:  # many at once: one at a time costs three times as much
            self._drawn = self._choices(self._words, cum_weights=self._weights, k=_DRAWN_AT_ONCE)
        return self._drawn.pop()


class Writer:
    """Writes in one language, about one topic."""

    def __init__(self, vocabulary: Vocabulary, topic: str, random_: random.Random) -> None:
        self._random = random_
        # The topic's own nouns come first, so they are what the article is about.
        nouns = Zipf([*vocabulary.topics[topic], *vocabulary.nouns], random_)
        self._parts: dict[str, Callable[[], str]] = {
            "noun": nouns, "adjective": Zipf(vocabulary.adjectives, random_), "verb": Zipf(vocabulary.verbs, random_),
            "adverb": Zipf(vocabulary.adverbs, random_), "place": Zipf(vocabulary.places, random_),
        }  # fmt: skip
        self._sentences = [_pattern(text) for text in vocabulary.sentences]
        self._titles = [_pattern(text) for text in vocabulary.titles]
        self._headings = vocabulary.headings

    def text(self) -> Text:
        """Return a new article."""
        random_ = self._random
        paragraphs = [self._paragraph() for _ in range(random_.randint(*_PARAGRAPHS))]
        excerpt = paragraphs[0]
        for at in range(len(paragraphs) - 1, 0, -1):
            if random_.random() < _HEADING_SHARE:
                paragraphs.insert(at, f"## {random_.choice(self._headings)}")
        if random_.random() < _LIST_SHARE:
            paragraphs.append("\n".join(f"- {self._sentence()}" for _ in range(3)))
        return Text(title=self._filled(self._titles), body="\n\n".join(paragraphs) + "\n", excerpt=excerpt)

    def _paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._random.randint(*_SENTENCES)))

    def _sentence(self) -> str:
        return self._filled(self._sentences)

    def _filled(self, patterns: list[list[tuple[str, bool, str]]]) -> str:
        found = []
        for part, is_capital, words in self._random.choice(patterns):
            word = self._parts[part]() if part else ""
            found.append((word[:1].upper() + word[1:] if is_capital else word) + words)
        return "".join(found)


def _pattern(text: str) -> list[tuple[str, bool, str]]:
    """Take a pattern apart once: part of speech, whether it begins with a capital, and the words after it."""
    pieces = text.split("{")
    first = [("", False, pieces[0])] if pieces[0] else []
    rest = [piece.split("}") for piece in pieces[1:]]
    return first + [(part.lower(), part[0].isupper(), words) for part, words in rest]
