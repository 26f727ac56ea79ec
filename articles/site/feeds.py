"""Atom and RSS: the newest articles of a language, whole or of a category."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.syndication.views import Feed as Syndication
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.translation import gettext as _

from articles.models import Category
from articles.selectors import public as selectors
from articles.selectors.public import ArticleRow
from articles.site.pages import active_language, set_public
from articles.site.seo import SITE_NAME, Feed

FEED_ARTICLES = 30
ATOM = "application/atom+xml"
RSS = "application/rss+xml"
#: Characters that may stand in a text and in no XML document.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def feeds_of(category: Category | None) -> tuple[Feed, ...]:
    """Return the feeds of the active language, of one category or of all; the addresses are the site's own."""
    title = f"{SITE_NAME} · {category.name}" if category else SITE_NAME
    names = ("category_atom", "category_rss") if category else ("feed_atom", "feed_rss")
    args = [category.slug] if category else []
    return tuple(
        Feed(title=title, url=reverse(f"articles:{name}", args=args), content_type=content_type)
        for name, content_type in zip(names, (ATOM, RSS), strict=True)
    )


class Source(NamedTuple):
    """What one feed is of, and the host it is read at."""

    category: Category | None
    host: str


class Entry(NamedTuple):
    """An article in a feed."""

    row: ArticleRow
    id: str


class ArticleFeed(Syndication):  # type: ignore[type-arg]  # Django's has no parameters at run time
    """Newest articles with their excerpts. An entry's id is not its address, which may change.

    One object answers all requests, so nothing of a request may be kept in it.
    """

    item_guid_is_permalink = False

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the feed, for any cache to keep."""
        response = super().__call__(request, *args, **kwargs)
        response["Content-Language"] = active_language()
        del response["Last-Modified"]  # the newest article's date: it says nothing of one that was taken back
        set_public(response)
        return response

    def get_object(self, request: HttpRequest, *args: Any, slug: str = "", **kwargs: Any) -> Source:
        """Return the feed's source; raises Category.DoesNotExist, which is a 404."""
        category = selectors.category_by_slug(slug=slug) if slug else None
        return Source(category, request.get_host().partition(":")[0])

    def title(self, source: Source) -> str:
        """Return the feed's title."""
        return _xml(f"{SITE_NAME} · {source.category.name}" if source.category else SITE_NAME)

    def link(self, source: Source) -> str:
        """Return the page that the feed follows."""
        if source.category is None:
            return reverse("articles:list")
        return reverse("articles:category", args=[source.category.slug])

    def subtitle(self, source: Source) -> str:
        """Return what the feed is about."""
        described = source.category.description if source.category else ""
        return _xml(described or _("Articles on writing, measuring and serving the web."))

    description = subtitle  # what RSS calls it

    def items(self, source: Source) -> list[Entry]:
        """Return the newest articles of the active language."""
        chosen = source.category.pk if source.category else None
        page = selectors.article_list(limit=FEED_ARTICLES, language=active_language(), category=chosen)
        return [Entry(row, f"tag:{source.host},{row.published_at:%Y-%m-%d}:article-{row.id}") for row in page.rows]

    def item_title(self, entry: Entry) -> str:
        """Return an article's title."""
        return _xml(entry.row.title)

    def item_description(self, entry: Entry) -> str:
        """Return an article's excerpt."""
        return _xml(entry.row.excerpt)

    def item_link(self, entry: Entry) -> str:
        """Return an article's address."""
        return reverse("articles:detail", args=[entry.row.slug])

    def item_guid(self, entry: Entry) -> str:
        """Return what stays the same when an article moves."""
        return entry.id

    def item_pubdate(self, entry: Entry) -> datetime:
        """Return when an article was published."""
        return entry.row.published_at

    def item_updateddate(self, entry: Entry) -> datetime:
        """Return when what readers see was last changed."""
        return entry.row.live_updated_at or entry.row.published_at

    def item_author_name(self, entry: Entry) -> str:
        """Return an article's author, or the site."""
        return _xml(entry.row.author) or SITE_NAME

    def item_categories(self, entry: Entry) -> list[str]:
        """Return an article's category."""
        return [_xml(entry.row.category__name)] if entry.row.category__name else []


class AtomFeed(ArticleFeed):
    """As Atom."""

    feed_type = Atom1Feed


class RssFeed(ArticleFeed):
    """As RSS."""

    feed_type = Rss201rev2Feed


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
