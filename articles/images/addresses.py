"""Where an image's files are: their names, and the addresses made of them."""

from __future__ import annotations

import re
from typing import Final

from articles.images.formats import JPEG

MEDIA_PATH: Final = "media/images/"  # below the site's root
DIGEST_FORM: Final = "[0-9a-f]{64}"
# Whatever is asked for is a file that was made at upload: no name makes a new one.
NAME_FORM: Final = r"(?:[1-9][0-9]{0,3}\.(?:avif|webp|jpeg)|social-[0-9]{1,3}-[0-9]{1,3}\.jpeg)"
_OWN_IMAGE = re.compile(rf"/{MEDIA_PATH}({DIGEST_FORM})/{NAME_FORM}")


def variant_name(width_px: int, fmt: str) -> str:
    """Return the name of the file of one width and format."""
    return f"{width_px}.{fmt}"


def social_name(focal_x_pct: int, focal_y_pct: int) -> str:
    """Return the name of the social card; the focal point is in it, as an address never changes what it shows."""
    return f"social-{focal_x_pct}-{focal_y_pct}.{JPEG}"


def file_url(digest: str, name: str) -> str:
    """Return the address of a file by its name."""
    return f"/{MEDIA_PATH}{digest}/{name}"


def image_url(digest: str, width_px: int, fmt: str = JPEG) -> str:
    """Return the address of an image in one of its widths and formats."""
    return file_url(digest, variant_name(width_px, fmt))


def digest_in(address: str) -> str | None:
    """Return the digest of the image that ``address`` shows; None when it is none of this site."""
    match = _OWN_IMAGE.fullmatch(address)
    return match[1] if match else None
