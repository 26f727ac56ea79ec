"""An article's address, made from its title."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from django.utils.text import slugify

from articles.limits import MAX_SLUG_CHARS
from articles.querysets import ArticleQuerySet

NUMBERED = 5
_SUFFIX_CHARS = 13
FALLBACK = "article"  # a title in a script that has no ASCII letters


def slug_base(title: str) -> str:
    """Return the title in ASCII letters, digits and hyphens, cut between words, with room for a suffix."""
    slug = slugify(title).replace("_", "-").strip("-") or FALLBACK
    longest = MAX_SLUG_CHARS - _SUFFIX_CHARS
    if len(slug) <= longest:
        return slug
    return slug[: longest + 1].rpartition("-")[0] or slug[:longest]


def free_slugs(base: str, articles: ArticleQuerySet) -> Iterator[str]:
    """Yield candidates without end that were free a moment ago: ``base``, ``base-2`` to ``base-5``, then random ones.

    Another writer may take a candidate before it is stored, so the caller stores it and asks for the next on a clash.
    """
    numbered = [base, *(f"{base}-{number}" for number in range(2, NUMBERED + 1))]
    taken = set(articles.filter(slug__in=numbered).values_list("slug", flat=True))
    yield from (slug for slug in numbered if slug not in taken)
    while True:
        yield f"{base}-{secrets.token_hex(6)}"
