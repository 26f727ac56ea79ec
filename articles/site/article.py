"""The article's page, and what stands where an article was."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.access import may_edit, may_read
from articles.caching import LISTS
from articles.enums import Status
from articles.models import Article, SlugRedirect, Tag
from articles.rendering import Heading, excerpt_of, headings_of, render_markdown
from articles.selectors import public as selectors
from articles.site.feeds import feeds_of
from articles.site.lists import author_slug
from articles.site.pages import address_in, public_page, reader_of, set_private
from articles.site.seo import Alternate, Meta, article_data, breadcrumb_data, picture_of
from omniwriter.cache import cache_api_response

RELATED_ARTICLES = 3
LONG_WORDS = 600
MIN_SECTIONS = 3
SECTION_LEVEL = 2
NOT_FOR_MACHINES = "noindex, nofollow"


@require_safe
@cache_api_response(name="page.article", namespaces=LISTS)  # not its own alone: others like it are shown below
def article_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One article, in its own language whatever the reader's: the page depends on the address alone.

    A draft is only for those who may see drafts. An address the article once had leads to it; an archived one is gone.
    """
    try:
        article = selectors.article_by_slug(slug=slug)
    except Article.DoesNotExist:
        return _elsewhere(request, slug, None)
    if not may_read(request.user, article):
        return _elsewhere(request, slug, article)
    with translation.override(article.language):
        response = _page(request, article)
    if not article.is_public:
        set_private(response)
    return response


def _page(request: HttpRequest, article: Article) -> HttpResponse:
    tags = selectors.article_tags(article=article)
    related = selectors.article_related(article=article, tags=tags, limit=RELATED_ARTICLES)
    reader, name = reader_of(request), article.author.get_full_name()
    author_url = reverse("articles:author", args=[article.author_id, author_slug(name)]) if name else ""
    context: dict[str, Any] = {
        "article": article,
        "standfirst": article.excerpt if article.excerpt != excerpt_of(article.body) else "",
        "body": mark_safe(render_markdown(article.body, eager=article.cover is None)),  # noqa: S308 - sanitised
        "contents": _contents(article),
        "tags": tags,
        "related": related,
        "covers": selectors.covers_by_id(rows=related) if all(row.cover_id for row in related) else {},
        "author_name": name,
        "author_url": author_url if article.is_public else "",
        "was_updated": _was_updated(article),
        "may_edit": reader is not None and may_edit(reader, article),
    }
    meta = _meta(request, article, tags, author_url)
    return public_page(
        request, "articles/detail.html", context, meta=meta, address=lambda code: _equivalent(article, code)
    )


def _contents(article: Article) -> list[Heading]:
    """Return the sections of a text that is too long to be overseen."""
    if article.words < LONG_WORDS:
        return []
    sections = [heading for heading in headings_of(article.body) if heading.level == SECTION_LEVEL and heading.words]
    return sections if len(sections) >= MIN_SECTIONS else []


def _equivalent(article: Article, language: str) -> str:
    """Return where a reader of another language goes on: an article is in one language only."""
    return article.get_absolute_url() if language == article.language else address_in(language, "list")


def _was_updated(article: Article) -> bool:
    """Whether readers saw another text before, on another day."""
    published, changed = article.published_at, article.live_updated_at
    return published is not None and changed is not None and changed.date() > published.date()


def _meta(request: HttpRequest, article: Article, tags: list[Tag], author_url: str) -> Meta:
    absolute = request.build_absolute_uri
    here = absolute(article.get_absolute_url())
    picture = picture_of(request, article.cover)
    steps = [(_("Articles"), absolute(reverse("articles:list")))]
    if article.category:
        steps.append((article.category.name, absolute(reverse("articles:category", args=[article.category.slug]))))
    return Meta(
        title=article.seo_title or article.title,
        description=article.seo_description or article.excerpt,
        canonical=here,
        kind="article",
        robots="" if article.is_public else NOT_FOR_MACHINES,
        alternates=[Alternate(code=article.language, url=here)],
        feeds=feeds_of(None),
        picture=picture,
        published_at=article.published_at,
        updated_at=article.live_updated_at,
        section=article.category.name if article.category else "",
        tags=[tag.name for tag in tags],
        data=[
            article_data(request, article, tags=tags, author_url=author_url, picture=picture),
            breadcrumb_data([*steps, (article.title, here)]),
        ],
    )


def _elsewhere(request: HttpRequest, slug: str, hidden: Article | None) -> HttpResponse:
    """Return what a reader gets at an address without an article to read."""
    try:
        moved = selectors.article_by_former_slug(slug=slug)
    except SlugRedirect.DoesNotExist:
        moved = None
    if moved is not None and moved.is_public:
        return HttpResponsePermanentRedirect(moved.get_absolute_url())
    for article in (hidden, moved):
        if article is not None and article.status == Status.ARCHIVED and article.published_at is not None:
            return render(request, "410.html", status=410)
    raise Http404(_("There is no such article."))
