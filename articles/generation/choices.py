"""What can be chosen when something is to be written, and the sizes that bind by every door."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.enums import Language
from articles.limits import MAX_TITLE_CHARS

MAX_BRIEF_CHARS = 4_000
MAX_TITLE = MAX_TITLE_CHARS
MAX_AUDIENCE_CHARS = 200
MAX_KEYWORDS = 20
MAX_KEYWORD_CHARS = 60
MAX_SECTIONS = 12
MAX_SECTION_CHARS = 120
MIN_WORDS, DEFAULT_WORDS, MAX_WORDS = 100, 500, 3_000
MAX_PASSAGE_CHARS = 20_000
MAX_INSTRUCTION_CHARS = 500


class Tone(NamedTuple):
    """A way of writing: what editors read, and what a model is told in English."""

    label: str | Promise
    wording: str


TONES: dict[str, Tone] = {
    "neutral": Tone(_("Neutral"), "clear and neutral"),
    "friendly": Tone(_("Friendly"), "warm and friendly"),
    "formal": Tone(_("Formal"), "formal and precise"),
    "persuasive": Tone(_("Persuasive"), "confident and persuasive"),
    "playful": Tone(_("Playful"), "light and playful"),
    "expert": Tone(_("Expert"), "expert and technical"),
}
DEFAULT_TONE = "neutral"


class Length(NamedTuple):
    """A length by name, in words."""

    label: str | Promise
    words: int


LENGTHS: dict[str, Length] = {
    "short": Length(_("Short, about 300 words"), 300),
    "medium": Length(_("Medium, about 500 words"), 500),
    "long": Length(_("Long, about 1,000 words"), 1_000),
    "longest": Length(_("Very long, about 2,000 words"), 2_000),
}

#: What a model is told a language is called.
LANGUAGE_NAMES: dict[str, str] = {
    Language.ENGLISH.value: "English",
    Language.PORTUGUESE.value: "Brazilian Portuguese",
}


class Operation(NamedTuple):
    """An edit of a passage: what editors read, and what a model is told in English."""

    label: str | Promise
    wording: str
    #: How many words come out for each that goes in, about.
    growth: float


OPERATIONS: dict[str, Operation] = {
    "rewrite": Operation(_("Rewrite"), "Rewrite the text in other words. Keep what it says.", 1.1),
    "shorten": Operation(_("Shorten"), "Make the text about half as long. Keep what matters most.", 0.7),
    "expand": Operation(_("Expand"), "Make the text longer with more detail about the same things.", 2.0),
    "tone": Operation(_("Change the tone"), "Rewrite the text so that it sounds {tone}. Keep what it says.", 1.2),
    "own": Operation(_("Do as told"), "Change the text as the editor wants.", 1.5),
    "grammar": Operation(_("Fix grammar"), "Correct grammar and spelling. Change nothing else.", 1.1),
}

#: What can be suggested for a text that is there, in the order it is asked.
SUGGESTED = ("title", "excerpt", "description", "tags")

#: All sizes by name, for doors that tell them.
LIMITS: dict[str, int] = {
    "title_chars": MAX_TITLE, "brief_chars": MAX_BRIEF_CHARS, "audience_chars": MAX_AUDIENCE_CHARS,
    "keywords": MAX_KEYWORDS, "keyword_chars": MAX_KEYWORD_CHARS, "sections": MAX_SECTIONS,
    "section_chars": MAX_SECTION_CHARS, "words_least": MIN_WORDS, "words_most": MAX_WORDS,
    "passage_chars": MAX_PASSAGE_CHARS, "instruction_chars": MAX_INSTRUCTION_CHARS,
}  # fmt: skip
