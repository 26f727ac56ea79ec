"""Reading articles: lists, one article, search, what is popular."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.errors import AuthenticationError, HttpError

from articles.access import VIEW
from articles.api.answers import private_answer, public_answer, public_written
from articles.api.callers import Caller, caller_of
from articles.api.documents import (
    chosen_fields,
    items_of,
    list_written,
    live_document,
    only,
    popular_written,
    working_document,
)
from articles.api.parser import refuse_unknown
from articles.api.schemas import (
    ArticleDetail,
    ArticleDraft,
    ArticleFound,
    ArticleItem,
    ArticleList,
    ArticleListQuery,
    ArticlePopular,
    DetailQuery,
    PopularQuery,
    Problem,
    SearchItem,
    SearchQuery,
)
from articles.enums import Status
from articles.selectors import api as selectors
from articles.selectors.search import article_search
from articles.tokens import Scope

router = Router(tags=["Articles"])
_NONE_SUCH = -1  # no row has this id


@router.get(
    "/articles",
    response={200: ArticleList, 304: None, 400: Problem, 401: Problem, 403: Problem, 422: Problem, 429: Problem},
    summary="List articles, newest first",
)
def article_list(request: HttpRequest, query: Query[ArticleListQuery]) -> HttpResponse:
    """List published articles by cursor: the order is stable while new ones appear, at any depth.

    With another `status`, who is logged in lists other articles, last changed first: their own, or with the right to
    view articles everybody's.
    """
    refuse_unknown(request.GET, ArticleListQuery.model_fields)
    fields = chosen_fields(query.fields, ArticleItem)
    wanted = _filters(query)
    if query.status is None or query.status is Status.PUBLISHED:
        return public_written(request, list_written(fields=fields, **wanted))
    caller = _reader_of_drafts(request)
    if not caller.user.has_perm(VIEW):
        others = wanted["author"] not in (None, caller.user.pk)
        wanted["author"] = _NONE_SUCH if others else caller.user.pk
    page = selectors.article_page(status=query.status, **wanted)
    return private_answer(request, {"items": items_of(page.rows, fields, query.status), "next_cursor": page.older})


@router.get(
    "/articles/popular",
    response={200: ArticlePopular, 304: None, 400: Problem, 401: Problem, 422: Problem, 429: Problem},
    summary="List the most read articles",
)
def articles_popular(request: HttpRequest, query: Query[PopularQuery]) -> HttpResponse:
    """List published articles by how much they are read lately."""
    refuse_unknown(request.GET, PopularQuery.model_fields)
    fields = chosen_fields(query.fields, ArticleItem)
    language = query.language and query.language.value
    return public_written(request, popular_written(fields=fields, limit=query.limit, language=language))


@router.get(
    "/articles/search",
    response={200: ArticleFound, 304: None, 400: Problem, 401: Problem, 422: Problem, 429: Problem},
    summary="Search articles",
)
def articles_search(request: HttpRequest, query: Query[SearchQuery]) -> HttpResponse:
    """Find published articles that have all the words, best first; accents don't matter."""
    refuse_unknown(request.GET, SearchQuery.model_fields)
    fields = chosen_fields(query.fields, SearchItem)
    page = article_search(
        query=query.q, limit=query.limit, offset=query.offset, category=query.category or None, tag=query.tag or None,
        language=query.language and query.language.value,
    )  # fmt: skip
    items = items_of([hit.row for hit in page.hits], fields)
    if "snippet" in fields:
        items = [{**item, "snippet": str(hit.snippet)} for item, hit in zip(items, page.hits, strict=True)]
    following = query.offset + query.limit if page.has_more else None
    return public_answer(request, {"items": items, "next_offset": following})


@router.get(
    "/articles/{int:article_id}",
    response={
        200: ArticleDraft | ArticleDetail, 304: None, 400: Problem, 401: Problem, 403: Problem, 404: Problem,
        422: Problem, 429: Problem,
    },
    summary="Read an article",
)  # fmt: skip
def article_detail(request: HttpRequest, article_id: int, query: Query[DetailQuery]) -> HttpResponse:
    """Read an article with its text as readers see it.

    One that is not public is there for its author and for who may view articles. For them `draft=true` answers with
    the text as it is being written, its version and the steps that are open; send that answer's `ETag` as `If-Match`
    with a change.
    """
    refuse_unknown(request.GET, DetailQuery.model_fields)
    article = selectors.article_whole(article_id=article_id)
    if article.is_public and not query.draft:
        return public_answer(request, only(live_document(article), chosen_fields(query.fields, ArticleDetail)))
    caller = _reader_of_drafts(request) if query.draft else caller_of(request)
    if caller is None or not caller.sees_draft(article):
        if article.is_public:
            raise HttpError(403, "This account may not see changes that are not published.")
        raise Http404("There is no such article.")
    document = only(working_document(article, caller), chosen_fields(query.fields, ArticleDraft))
    return private_answer(request, document, version=article.version)


def _filters(query: ArticleListQuery) -> dict[str, Any]:
    """Return the filters by ids; what does not exist becomes an id that no row has."""
    category = selectors.category_id_of(slug=query.category) if query.category else None
    tag = selectors.tag_id_of(slug=query.tag) if query.tag else None
    return {
        "limit": query.limit, "before": query.cursor, "language": query.language and query.language.value,
        "category": category or (_NONE_SUCH if query.category else None),
        "tag": tag or (_NONE_SUCH if query.tag else None), "author": query.author,
    }  # fmt: skip


def _reader_of_drafts(request: HttpRequest) -> Caller:
    caller = caller_of(request)
    if caller is None:
        raise AuthenticationError
    if not caller.has(Scope.READ):
        raise HttpError(403, f"This token lacks the scope {Scope.READ}.")
    return caller
