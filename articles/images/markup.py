"""The <picture> element of an image: its sources by format, its measures, its focal point by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from articles.images.addresses import file_url, social_name
from articles.images.formats import CONTENT_TYPES, JPEG
from articles.images.variants import Variant, variants_of
from articles.models import Image

TEMPLATE: Final = "articles/parts/picture.html"
#: The column of an article's text: 39 rem wide, or the window less its margins.
BODY_SIZES: Final = "(max-width: 760px) calc(100vw - 32px), 624px"
FOCAL_STEP_PCT: Final = 10
_FALLBACK_WIDTH_PX: Final = 960  # for what knows no srcset


@dataclass(frozen=True, slots=True)
class Source:
    """One format of an image: a <source>, or the <img> itself for JPEG."""

    format: str
    type: str
    srcset: str


def sources(image: Image) -> list[Source]:
    """Return what the image has by format, the smallest files' first, JPEG last."""
    made = [variant for variant in variants_of(image.variants) if not variant.is_social]
    order = list(CONTENT_TYPES)
    made.sort(key=lambda variant: (order.index(variant.format), variant.width))
    return [
        Source(fmt, CONTENT_TYPES[fmt], ", ".join(f"{_url(image, file)} {file.width}w" for file in files))
        for fmt, files in groupby(made, key=lambda variant: variant.format)
    ]


def jpegs(image: Image) -> list[Variant]:
    """Return the JPEG files, narrowest first; every image has at least one."""
    return [file for file in variants_of(image.variants) if file.format == JPEG and not file.is_social]


def fallback_url(image: Image) -> str:
    """Return the address for what takes only one: the JPEG of middle width."""
    files = jpegs(image)
    fitting = [file for file in files if file.width <= _FALLBACK_WIDTH_PX] or files
    return _url(image, fitting[-1]) if fitting else ""


def thumbnail_url(image: Image) -> str:
    """Return the address of the narrowest JPEG."""
    files = jpegs(image)
    return _url(image, files[0]) if files else ""


@dataclass(frozen=True, slots=True)
class SocialCard:
    """The picture that other sites show beside a link: Open Graph's image, width and height."""

    url: str
    width: int
    height: int


def social_card(image: Image) -> SocialCard | None:
    """Return the crop around the image's focal point; its address is below the site's root."""
    name = social_name(image.focal_x_pct, image.focal_y_pct)
    found = next((file for file in variants_of(image.variants) if file.name == name), None)
    return SocialCard(_url(image, found), found.width, found.height) if found else None


def markdown_of(image: Image, alt: str = "") -> str:
    """Return the Markdown that shows the image in an article."""
    words = " ".join((alt or image.alt).split())
    for mark in "\\`*_[]<>&!":
        words = words.replace(mark, f"\\{mark}")
    return f"![{words}]({fallback_url(image)})"


def picture_context(
    image: Image | None,
    *,
    sizes: str = "100vw",
    eager: bool = False,
    alt: str | None = None,
    title: str = "",
    classes: str = "",
) -> dict[str, Any]:
    """Return what the template needs; without an image, or one without files, that it shows nothing."""
    found = sources(image) if image is not None else []
    if image is None or not found or found[-1].format != JPEG:
        return {"shown": False}
    largest = jpegs(image)[-1]
    return {
        "shown": True, "sources": found[:-1], "fallback": found[-1], "src": fallback_url(image), "sizes": sizes,
        "alt": image.alt if alt is None else alt, "title": title, "width": largest.width, "height": largest.height,
        "eager": eager, "classes": " ".join((*_focal_classes(image), *classes.split())),
    }  # fmt: skip


def picture_html(image: Image, **options: Any) -> SafeString:
    """Return the element; the options are those of ``picture_context``."""
    # Without the template's last line end, which would part the picture from a comma after it.
    return mark_safe(render_to_string(TEMPLATE, picture_context(image, **options)).strip())  # noqa: S308


def _url(image: Image, file: Variant) -> str:
    return file_url(image.digest, file.name)


def _focal_classes(image: Image) -> Sequence[str]:
    """Return the classes of a focal point that is not the middle, where the browser has it anyway."""
    rounded = {"x": _rounded(image.focal_x_pct), "y": _rounded(image.focal_y_pct)}
    return [f"focal-{axis}-{percent}" for axis, percent in rounded.items() if percent != 50]


def _rounded(percent: int) -> int:
    return (percent + FOCAL_STEP_PCT // 2) // FOCAL_STEP_PCT * FOCAL_STEP_PCT
