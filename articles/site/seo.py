"""What search engines and social networks read of a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from articles.images.markup import social_card
from articles.models import Article, Image, Tag

SITE_NAME = "Omni Writer"
SCHEMA = "https://schema.org"
#: Characters that could end a script element, or a line of one.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same page in another language, or for who has none."""

    code: str
    url: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of what the page lists."""

    title: str
    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture a shared link is shown with."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Meta:
    """The head of a page; addresses are absolute. ``previous`` and ``following`` are pages of the same list."""

    title: str
    canonical: str
    description: str = ""
    kind: str = "website"
    robots: str = ""
    alternates: Sequence[Alternate] = ()
    feeds: Sequence[Feed] = ()
    previous: str = ""
    following: str = ""
    picture: Picture | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    section: str = ""
    tags: Sequence[str] = ()
    data: Sequence[Data] = field(default_factory=list)

    @property
    def document_title(self) -> str:
        """The title with the site's name."""
        return self.title if self.title == SITE_NAME else f"{self.title} · {SITE_NAME}"

    @property
    def json_ld(self) -> SafeString:
        """The structured data as the text of a script element, which it can't end."""
        graph = {"@context": SCHEMA, "@graph": list(self.data)}
        return mark_safe(json.dumps(graph, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308 - escaped above


def website_data(request: HttpRequest, *, language: str) -> Data:
    """Return the site itself, with the address its search answers at."""
    home = request.build_absolute_uri(reverse("articles:list"))
    search = request.build_absolute_uri(reverse("articles:search"))
    return {
        "@type": "WebSite",
        "@id": f"{home}#site",
        "name": SITE_NAME,
        "url": home,
        "inLanguage": language,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{search}?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        },
    }


def breadcrumb_data(steps: Sequence[tuple[str, str]]) -> Data:
    """Return the way to a page: names with absolute addresses, from the start on."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate(steps, start=1)
        ],
    }


def picture_of(request: HttpRequest, cover: Image | None) -> Picture | None:
    """Return the card that a cover is shared as."""
    card = social_card(cover) if cover else None
    if cover is None or card is None:
        return None
    return Picture(url=request.build_absolute_uri(card.url), alt=cover.alt, width=card.width, height=card.height)


def article_data(
    request: HttpRequest, article: Article, *, tags: Sequence[Tag], author_url: str, picture: Picture | None
) -> Data:
    """Return an article."""
    url = request.build_absolute_uri(article.get_absolute_url())
    logo = request.build_absolute_uri(static("omniwriter/icon.svg"))
    data: Data = {
        "@type": "Article",
        "@id": f"{url}#article",
        "headline": article.title,
        "description": article.seo_description or article.excerpt,
        "inLanguage": article.language,
        "mainEntityOfPage": url,
        "wordCount": article.words,
        "publisher": {"@type": "Organization", "name": SITE_NAME, "logo": {"@type": "ImageObject", "url": logo}},
    }
    name = article.author.get_full_name()
    if name:
        data["author"] = {"@type": "Person", "name": name, "url": request.build_absolute_uri(author_url)}
    if article.published_at:
        data["datePublished"] = article.published_at.isoformat()
        data["dateModified"] = (article.live_updated_at or article.published_at).isoformat()
    if article.category:
        data["articleSection"] = article.category.name
    if tags:
        data["keywords"] = [tag.name for tag in tags]
    if picture:
        data["image"] = {"@type": "ImageObject", "url": picture.url, "width": picture.width, "height": picture.height}
    return data
