"""The sizes and formats images are kept in, and the limits of what is taken: nothing else is ever made or served."""

from __future__ import annotations

from typing import Final

JPEG: Final = "jpeg"
WEBP: Final = "webp"
AVIF: Final = "avif"
CONTENT_TYPES: Final = {AVIF: "image/avif", WEBP: "image/webp", JPEG: "image/jpeg"}  # best first, as a browser chooses
LATER_FORMATS: Final = (WEBP, AVIF)  # made by a worker; JPEG is made at upload

WIDTHS_PX: Final = (480, 960, 1440)
SOCIAL_PX: Final = (1200, 630)
SOURCE_EDGE_PX: Final = 2560  # what is kept to make the others of, whatever was uploaded

MAX_UPLOAD_BYTES: Final = 20 << 20
MAX_PIXELS: Final = 40_000_000
MAX_EDGE_PX: Final = 12_000
MAX_FRAMES: Final = 1_000
MAX_NAME_CHARS: Final = 120


def widths_of(width_px: int) -> tuple[int, ...]:
    """Return the widths a picture of this width is kept in; never more than it has."""
    smaller = tuple(width for width in WIDTHS_PX if width < width_px)
    return (*smaller, min(width_px, WIDTHS_PX[-1])) if len(smaller) < len(WIDTHS_PX) else smaller
