"""A file's bytes as text, whatever program wrote them; and what its owner should know about that."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from django.utils.translation import gettext as _

# The mark of UTF-32 begins with that of UTF-16, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# A file that has so many characters of UTF-8 for each byte that is none is UTF-8 with a slip, not Latin-1.
_GOOD_A_SLIP = 2
# Every second byte of English in UTF-16 is NUL, every third of most other languages.
_NULS_OF_UTF_16 = 5


class DecodingError(ValueError):
    """The bytes are no text that we read; the words are for the file's owner."""


class Decoded(NamedTuple):
    """A text, and in which encoding it was found if that was guessed."""

    text: str
    note: str = ""


def decode(data: bytes) -> Decoded:
    """Return the text of UTF-8, of UTF-16 or 32 with a byte order mark, or of Latin-1, which is told.

    Raises DecodingError.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(_marked(data, encoding))
    if data.count(0) * _NULS_OF_UTF_16 > len(data):
        raise DecodingError(_("The file is not text, or UTF-16 without a byte order mark. Save it as UTF-8."))
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _unmarked(data, error)


def _marked(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        name = encoding.removesuffix("-sig").upper()
        raise DecodingError(
            _("The file begins as %(encoding)s and is damaged further on. Save it anew as UTF-8.") % {"encoding": name}
        ) from None


def _unmarked(data: bytes, error: UnicodeDecodeError) -> Decoded:
    text = data.decode("utf-8", errors="replace")
    slips = text.count("\ufffd")
    foreign = len(text) - len(text.encode("ascii", errors="ignore"))
    if foreign - slips >= _GOOD_A_SLIP * slips:
        line = data.count(b"\n", 0, error.start) + 1
        raise DecodingError(
            _("The file is UTF-8, but for a character in line %(line)d. Correct it, or save the file anew.")
            % {"line": line}
        )
    return Decoded(
        _windows(data), _("This file is Latin-1, not UTF-8; it was read as such. Look whether the accents are right.")
    )


def _windows(data: bytes) -> str:
    """Read it as Windows does, which has quotes and dashes where Latin-1 has control characters."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
