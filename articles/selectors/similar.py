"""What hints ask of the archive: which articles are like a text, which addresses are those of public ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from articles.models import Article, SimilarityBand
from articles.quality.shingles import Shingles, bands_of, likeness, shingles_of

#: Shares of text below this are chance and set phrases.
ALIKE_FROM = 0.3
_MAX_ROWS = 2_000  # of a band that thousands share, as texts of one template do
_MAX_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """A public article that shares text, and the share of all shingles that both have."""

    title: str
    url: str
    likeness: float


def articles_alike(*, shingles: Shingles, beside: int | None = None) -> list[Alike]:
    """Return the public articles most like a text, the likest first; two queries, or one when nothing is like it."""
    candidates = candidates_alike(bands=bands_of(shingles), beside=beside)
    if not candidates:
        return []
    rows = Article.objects.published().filter(pk__in=candidates).values_list("title", "slug", "body")
    found = [
        Alike(title, reverse("articles:detail", args=[slug]), likeness(shingles, shingles_of(body)))
        for title, slug, body in rows
    ]
    return sorted((alike for alike in found if alike.likeness >= ALIKE_FROM), key=lambda alike: -alike.likeness)


def candidates_alike(*, bands: Collection[int], beside: int | None = None) -> list[int]:
    """Return the ids of the articles that share most bands, by the index on (band, value)."""
    if not bands:
        return []
    wanted = Q(pk__in=[])
    for number, value in enumerate(bands):
        wanted |= Q(band=number, value=value)
    sharing = SimilarityBand.objects.filter(wanted).values_list("article_id", flat=True)[:_MAX_ROWS]
    shared = Counter(pk for pk in sharing if pk != beside)
    return [pk for pk, _count in shared.most_common(_MAX_CANDIDATES)]


def slugs_public(*, slugs: Collection[str]) -> set[str]:
    """Return those of ``slugs`` that lead readers to a public article, also by a redirect; one query."""
    found = Article.objects.published().filter(Q(slug__in=slugs) | Q(redirects__slug__in=slugs))
    return {slug for pair in found.values_list("slug", "redirects__slug") for slug in pair if slug} & set(slugs)
