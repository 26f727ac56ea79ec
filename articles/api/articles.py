"""The JSON API: lists, reads and creates articles. A list's rows go to orjson without a model in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import NinjaAPI, Query
from ninja.errors import HttpError
from ninja.parser import Parser
from ninja.security import SessionAuth

from articles.access import may_read
from articles.api.problems import add_handlers, method_not_allowed, refuse_unknown
from articles.api.schemas import ArticleDetail, ArticleIn, ArticleList, ArticleListQuery, Problem
from articles.content import Content
from articles.models import Article
from articles.selectors import public as selectors
from articles.selectors.public import ArticleRow
from articles.services.articles import article_create

ADD = "articles.add_article"
JSON_OPTIONS = orjson.OPT_UTC_Z
_ANY_SLUG = "any-slug"


class JsonParser(Parser):
    """Reads bodies with orjson, which refuses NaN and text that is no UTF-8."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the parsed body."""
        if request.content_type != "application/json":
            raise HttpError(415, "Send the body as application/json.")
        return orjson.loads(request.body)


class Session(SessionAuth):
    """The session's user with a CSRF token; who is not logged in is told that first."""

    def __call__(self, request: HttpRequest) -> Any:
        """Return the user, or nothing."""
        return super().__call__(request) if request.user.is_authenticated else None


api = NinjaAPI(
    title="Omni Writer", version="1", urls_namespace="articles-api", docs_url=None, parser=JsonParser(),
    description="Dates are UTC in ISO 8601. Errors are application/problem+json and name the fields.",
)  # fmt: skip
add_handlers(api)


@api.get("/articles", response={200: ArticleList, 422: Problem}, summary="List published articles, newest first")
@api.api_operation(["HEAD"], "/articles", include_in_schema=False)
def article_list(request: HttpRequest, query: Query[ArticleListQuery]) -> HttpResponse:
    """List published articles by cursor: the order is stable while new ones appear, at any depth."""
    refuse_unknown(request.GET, ArticleListQuery.model_fields)
    page = selectors.article_list(limit=query.limit, before=query.cursor, language=query.language)
    return _answer({"items": _items(page.rows), "next_cursor": page.older})


@api.get("/articles/{int:article_id}", response={200: ArticleDetail, 404: Problem}, summary="Read an article")
@api.api_operation(["HEAD"], "/articles/{int:article_id}", include_in_schema=False)
def article_detail(request: HttpRequest, article_id: int) -> HttpResponse:
    """Read an article with its text; drafts only with the permission to view articles."""
    try:
        article = selectors.article_by_id(article_id=article_id)
    except Article.DoesNotExist:
        raise _no_article() from None
    if not may_read(request.user, article):
        raise _no_article()
    response = _answer(_detail(article))
    if not article.is_public:
        response["Cache-Control"] = "private, no-store"
    return response


@api.post(
    "/articles",
    response={201: ArticleDetail, 400: Problem, 401: Problem, 403: Problem, 413: Problem, 415: Problem, 422: Problem},
    auth=Session(),
    summary="Create a draft",
)
def article_add(request: HttpRequest, article: ArticleIn) -> HttpResponse:
    """Create a draft of the logged-in user, who needs the permission to add articles."""
    user = request.user
    if isinstance(user, AnonymousUser) or not user.has_perm(ADD):
        raise HttpError(403, f"This account lacks the permission {ADD}.")
    content = Content(title=article.title, body=article.content, excerpt=article.excerpt, language=article.language)
    created = article_create(content=content, author=user)
    response = _answer(_detail(created), status=201)
    response["Location"] = reverse("articles-api:article_detail", args=[created.pk])
    response["Cache-Control"] = "private, no-store"
    return response


@api.api_operation(["PUT", "PATCH", "DELETE"], "/articles", include_in_schema=False)
def article_list_refusal(request: HttpRequest) -> HttpResponse:
    """Refuse other methods on the list."""
    return method_not_allowed("GET", "HEAD", "POST")


@api.api_operation(["POST", "PUT", "PATCH", "DELETE"], "/articles/{int:article_id}", include_in_schema=False)
def article_refusal(request: HttpRequest, article_id: int) -> HttpResponse:
    """Refuse other methods on an article."""
    return method_not_allowed("GET", "HEAD")


def _answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(body, option=JSON_OPTIONS), status=status, content_type="application/json")


def _no_article() -> Http404:
    return Http404("There is no such article.")


def _items(rows: Sequence[ArticleRow]) -> list[dict[str, Any]]:
    # A slug is the same in a URL, so one reversal serves all rows; one each took a quarter of the answer's time.
    head, _, tail = reverse("articles:detail", args=[_ANY_SLUG]).rpartition(_ANY_SLUG)
    return [_item(row, f"{head}{row.slug}{tail}") for row in rows]


def _item(row: ArticleRow, url: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "slug": row.slug,
        "url": url,
        "excerpt": row.excerpt,
        "author": row.author,
        "language": row.language,
        "published_at": row.published_at,
        "updated_at": row.updated_at,
    }


def _detail(article: Article) -> dict[str, Any]:
    return {
        "id": article.pk,
        "title": article.title,
        "slug": article.slug,
        "url": article.get_absolute_url(),
        "excerpt": article.excerpt,
        "author": article.author.get_full_name(),
        "language": article.language,
        "published_at": article.published_at,
        "updated_at": article.updated_at,
        "content": article.body,
        "status": article.status,
        "version": article.version,
        "created_at": article.created_at,
    }
