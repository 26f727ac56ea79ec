"""A place in a list of articles, as text that a URL carries."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from articles.exceptions import CursorError
from articles.querysets import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# So many digits end in the year 5138 and below 2^63, so neither part can overflow.
_FORM = re.compile(r"([0-9]{1,17})-([0-9]{1,18})")


def encode_cursor(position: Position) -> str:
    """Return the place after an article: microseconds since 1970 at which it was published, and its id."""
    moment, pk = position
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}-{pk}"


def decode_cursor(text: str) -> Position:
    """Return the position that ``encode_cursor`` was given; raises CursorError."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise CursorError("Not a cursor of this list.")
    return _EPOCH + timedelta(microseconds=int(match[1])), int(match[2])
