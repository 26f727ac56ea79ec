"""Which files an image should have, and making those that are missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from articles.images.addresses import social_name, variant_name
from articles.images.encoding import encoded, scaled, social_crop, source_encoded
from articles.images.files import write_file
from articles.images.formats import JPEG, widths_of


def write_source(folder: Path, picture: Image.Image) -> None:
    """Write the file that the others can be made of again."""
    write_file(folder, "source.png" if picture.mode == "RGBA" else "source.jpeg", source_encoded(picture))


def read_source(path: Path) -> Image.Image:
    """Return the picture that ``write_source`` wrote; raises OSError when the file was damaged since."""
    try:
        with Image.open(path) as image:
            image.load()
            image.info = {}
            return image.copy()
    except (SyntaxError, ValueError) as error:  # what Pillow raises besides for a broken PNG
        raise OSError(f"{path.name} is damaged: {error}") from error


def write_variants(folder: Path, picture: Image.Image, formats: Iterable[str], *, again: bool = False) -> int:
    """Write the widths of these formats that are missing, or all of them again; returns how many were written."""
    written = 0
    wanted = [(width, fmt) for width in widths_of(picture.width) for fmt in formats]
    for width_px, fmt in wanted:
        name = variant_name(width_px, fmt)
        if again or not (folder / name).exists():
            write_file(folder, name, encoded(scaled(picture, width_px), fmt))
            written += 1
    return written


def write_social(folder: Path, picture: Image.Image, focal_x_pct: int, focal_y_pct: int, *, again: bool = False) -> int:
    """Write the social card for this focal point unless it is there; returns how many were written."""
    name = social_name(focal_x_pct, focal_y_pct)
    if not again and (folder / name).exists():
        return 0
    write_file(folder, name, encoded(social_crop(picture, focal_x_pct, focal_y_pct), JPEG))
    return 1
