"""From a clean picture to the bytes of its files. The measurements behind the numbers are in docs/pictures.md."""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from articles.images.formats import AVIF, JPEG, SOCIAL_PX, WEBP

_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    JPEG: {"quality": 80, "progressive": True, "optimize": True},
    WEBP: {"quality": 78, "method": 4},
    # One thread: the worker's other core is somebody's request.
    AVIF: {"quality": 60, "speed": 8, "max_threads": 1},
}
_PAPER = (255, 255, 255)


def encoded(picture: Image.Image, fmt: str) -> bytes:
    """Return the file of ``picture`` in one of the served formats; JPEG has no transparency and gets a white ground."""
    return _bytes(flattened(picture) if fmt == JPEG else picture, fmt, **_OPTIONS[fmt])


def source_encoded(picture: Image.Image) -> bytes:
    """Return the file that all others are made of: without loss when that is affordable."""
    if picture.mode == "RGBA":
        return _bytes(picture, "png", compress_level=3)
    return _bytes(picture, JPEG, quality=95, subsampling=0)


def scaled(picture: Image.Image, width_px: int) -> Image.Image:
    """Return it in this width, which is not more than it has."""
    if width_px >= picture.width:
        return picture
    height_px = max(1, round(picture.height * width_px / picture.width))
    return picture.resize((width_px, height_px), Image.Resampling.LANCZOS)


def social_crop(picture: Image.Image, focal_x_pct: int, focal_y_pct: int) -> Image.Image:
    """Return the largest part of the social card's shape around the focal point, at most in the card's size."""
    ratio = SOCIAL_PX[0] / SOCIAL_PX[1]
    width = min(picture.width, max(1, round(picture.height * ratio)))
    height = min(picture.height, max(1, round(picture.width / ratio)))
    left = _start(picture.width, width, focal_x_pct)
    top = _start(picture.height, height, focal_y_pct)
    return scaled(picture.crop((left, top, left + width, top + height)), SOCIAL_PX[0])


def flattened(picture: Image.Image) -> Image.Image:
    """Return it on white when it has transparent parts."""
    if picture.mode != "RGBA":
        return picture
    paper = Image.new("RGB", picture.size, _PAPER)
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _start(whole: int, part: int, focal_pct: int) -> int:
    """Return where a part begins that has the focal point in its middle, as far as the picture reaches."""
    return min(max(0, round(whole * focal_pct / 100 - part / 2)), whole - part)


def _bytes(picture: Image.Image, fmt: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, fmt, **options)
    return file.getvalue()
