"""Whether the site has published the same already."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from articles.quality.reading import Hint, Level, Reading
from articles.quality.shingles import shingles_of
from articles.selectors.similar import articles_alike

_ADVICE_FROM = 0.6


def check_archive(reading: Reading) -> Iterable[Hint]:
    """Name the public articles that share much of their text with this one."""
    for alike in articles_alike(shingles=shingles_of(reading.content.body), beside=reading.article_id):
        level = Level.ADVICE if alike.likeness >= _ADVICE_FROM else Level.INFO
        yield Hint(
            "archive.alike",
            level,
            _("%(percent)d %% like “%(title)s”, which is public. Link to it, or say what is new here.")
            % {"percent": round(alike.likeness * 100), "title": alike.title},
            href=alike.url,
        )
