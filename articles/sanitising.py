"""What HTML a text may become: an allowlist of elements, attributes and their values, kept by nh3."""

from __future__ import annotations

import re
from typing import Final

import nh3

from articles.headings import PREFIX
from articles.images.addresses import DIGEST_FORM, MEDIA_PATH, NAME_FORM
from articles.images.formats import CONTENT_TYPES
from articles.images.markup import BODY_SIZES

_HEADINGS: Final = ("h2", "h3", "h4", "h5", "h6")
TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "figcaption", "figure", *_HEADINGS, "hr", "img", "li", "ol", "p",
    "picture", "pre", "s", "source", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {
        "alt", "class", "decoding", "fetchpriority", "height", "loading", "sizes", "src", "srcset", "title", "width",
    },
    "ol": {"start"},
    "source": {"sizes", "srcset", "type"},
    **{heading: {"id"} for heading in _HEADINGS},
}  # fmt: skip
URL_SCHEMES: Final = {"http", "https", "mailto"}

_FILE = rf"/{MEDIA_PATH}{DIGEST_FORM}/{NAME_FORM}"
#: Attributes whose values are this site's own words: anything else in them was not made here.
VALUES: Final = {
    name: re.compile(form)
    for name, form in {
        "class": r"focal-[xy]-[0-9]{1,3}(?: focal-y-[0-9]{1,3})?",
        "decoding": "async",
        "fetchpriority": "high",
        "height": "[0-9]{1,5}",
        "id": rf"{PREFIX}[a-z0-9_-]{{1,80}}",
        "loading": "lazy",
        "sizes": re.escape(BODY_SIZES),
        "src": _FILE,
        "srcset": rf"{_FILE} [0-9]{{1,4}}w(?:, {_FILE} [0-9]{{1,4}}w)*",
        "start": "[0-9]{1,9}",
        "type": "|".join(map(re.escape, CONTENT_TYPES.values())),
        "width": "[0-9]{1,5}",
    }.items()
}


def sanitised(html: str) -> str:
    """Return ``html`` with no more in it than the allowlist has."""
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=_checked_value, url_schemes=URL_SCHEMES,
        link_rel="noopener noreferrer",
    )  # fmt: skip


def _checked_value(tag: str, attribute: str, value: str) -> str | None:
    form = VALUES.get(attribute)
    return value if form is None or form.fullmatch(value) else None
