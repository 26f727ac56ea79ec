"""Images that say nothing to who can't see them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from articles.limits import MAX_ALT_CHARS
from articles.quality.reading import Hint, Level, Reading

_LONG_ALT_CHARS = MAX_ALT_CHARS // 2
_WORDS = "image picture photo photograph graphic img screenshot imagem figura foto fotografia gráfico captura"
_EMPTY_WORDS = frozenset(_WORDS.split())
_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|avif|svg|heic)|(?:img|dsc|dscn|pxl|screenshot)[\W_]*\d[\w-]*", re.IGNORECASE
)
_PREFIX = re.compile(
    r"(?:an? )?(?:image|picture|photo(?:graph)?) of\b|(?:uma? )?(?:imagem|foto(?:grafia)?) d[aeo]s?\b", re.IGNORECASE
)


def check_pictures(reading: Reading) -> Iterable[Hint]:
    """Look at the alternative text of each image."""
    for picture in reading.outline.pictures:
        if (found := _fault(picture.alt)) is not None:
            code, level, message = found
            yield Hint(f"images.{code}", level, message, picture.line)


def _fault(alt: str) -> tuple[str, Level, str] | None:
    if not alt:
        return (
            "no_alt",
            Level.ADVICE,
            _("An image without alternative text. Say between the brackets what it shows: ![a lamp on a desk](…)."),
        )
    if alt.lower().rstrip(".") in _EMPTY_WORDS or _FILE_NAME.fullmatch(alt):
        return (
            "poor_alt",
            Level.ADVICE,
            _("“%(alt)s” does not say what the image shows. Describe it as you would on the telephone.") % {"alt": alt},
        )
    if _PREFIX.match(alt):
        return (
            "alt_prefix",
            Level.INFO,
            _("Screen readers say already that it is an image. Begin with what it shows."),
        )
    if len(alt) > _LONG_ALT_CHARS:
        return (
            "long_alt",
            Level.INFO,
            _("The alternative text has %(chars)d characters. Keep it to a sentence, and tell the rest in the text.")
            % {"chars": len(alt)},
        )
    return None
