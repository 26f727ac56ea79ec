"""What stands around the text: title, description, category, headings, length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from articles.content import count_words
from articles.quality.prose import MAX_BRACKETS, Heading, bounded
from articles.quality.reading import Hint, Level, Reading

# What search engines and feeds show before they cut.
TITLE_CHARS = 65
DESCRIPTION_CHARS = (50, 160)
SHORT_WORDS = 150
UNDIVIDED_WORDS = 600  # some three minutes of reading


def check_frame(reading: Reading) -> Iterable[Hint]:
    """Look at title, description, category and excerpt."""
    content = reading.content
    shown = content.seo_title or content.title
    if len(shown) > TITLE_CHARS:
        yield Hint(
            "frame.long_title",
            Level.INFO,
            _(
                "The title has %(chars)d characters; search results cut it after some %(most)d. "
                "Shorten it, or give a shorter search title."
            )
            % {"chars": len(shown), "most": TITLE_CHARS},
        )
    yield from _description(content.seo_description or content.excerpt)
    if content.category_id is None:
        yield Hint("frame.no_category", Level.INFO, _("No category: the article is on no category page. Choose one."))


def check_length(reading: Reading) -> Iterable[Hint]:
    """Tell when there is no text, or little."""
    if len(bounded(reading.content.body)) < len(reading.content.body):
        yield Hint(
            "length.partial",
            Level.INFO,
            _("This text has more than %(most)d brackets; what comes after was not looked at.")
            % {"most": MAX_BRACKETS},
        )
    words = count_words(reading.content.body)
    if not reading.words:
        yield Hint(
            "length.empty", Level.ADVICE, _("There is no text yet. An article needs one before it can be reviewed.")
        )
    elif words < SHORT_WORDS:
        yield Hint(
            "length.short",
            Level.INFO,
            _("%(words)d words: short for an article. Say what the reader can do with it, or give an example.")
            % {"words": words},
        )


def check_headings(reading: Reading) -> Iterable[Hint]:
    """Look at the order of the headings, and for long stretches without one."""
    headings = reading.outline.headings
    if not headings and len(reading.words) > UNDIVIDED_WORDS:
        yield Hint(
            "headings.none",
            Level.ADVICE,
            _("%(words)d words without a heading. A few of them (## Like this) let readers find their place.")
            % {"words": len(reading.words)},
        )
    for heading in headings:
        if not heading.text:
            yield Hint("headings.empty", Level.ADVICE, _("An empty heading. Write it or take it out."), heading.line)
    yield from _jumps(headings)


def _jumps(headings: list[Heading]) -> Iterator[Hint]:
    for before, heading in pairwise(headings):
        if heading.level > before.level + 1:
            yield Hint(
                "headings.jump",
                Level.ADVICE,
                _(
                    "“%(text)s” is %(jump)d levels below the heading before it. "
                    "Use %(marks)s, so that no level is left out."
                )
                % {"text": heading.text, "jump": heading.level - before.level, "marks": "#" * (before.level + 1)},
                heading.line,
            )


def _description(text: str) -> Iterator[Hint]:
    least, most = DESCRIPTION_CHARS
    if not text:
        yield Hint(
            "frame.no_excerpt",
            Level.INFO,
            _("No excerpt: lists take the first paragraph. Write a sentence that says what the reader gets."),
        )
    elif len(text) > most:
        yield Hint(
            "frame.long_description",
            Level.INFO,
            _(
                "The description has %(chars)d characters; search results cut it after some %(most)d. "
                "Put what matters first, or give a shorter search description."
            )
            % {"chars": len(text), "most": most},
        )
    elif len(text) < least:
        yield Hint(
            "frame.short_description",
            Level.INFO,
            _("The description has only %(chars)d characters of %(most)d. Say what the reader will know.")
            % {"chars": len(text), "most": most},
        )
