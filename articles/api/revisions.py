"""What an article was: GET /api/articles/{id}/revisions."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router

from articles.api.answers import private_answer
from articles.api.callers import SIGNED_IN, require, signed_in
from articles.api.parser import refuse_unknown
from articles.api.schemas import Problem, RevisionList, RevisionQuery
from articles.selectors import api as selectors
from articles.selectors.public import article_by_id
from articles.tokens import Scope

router = Router(tags=["Articles"], auth=SIGNED_IN)


@router.get(
    "/articles/{int:article_id}/revisions",
    response={
        200: RevisionList, 304: None, 400: Problem, 401: Problem, 403: Problem, 404: Problem, 422: Problem,
        429: Problem,
    },
    summary="List an article's revisions",
)  # fmt: skip
def article_revisions(request: HttpRequest, article_id: int, query: Query[RevisionQuery]) -> HttpResponse:
    """List what was saved of an article, newest first, for who may see its drafts."""
    refuse_unknown(request.GET, RevisionQuery.model_fields)
    require(request, Scope.READ)
    article = article_by_id(article_id=article_id)
    if not signed_in(request).sees_draft(article):
        raise Http404("There is no such article, or this account may not see its revisions.")
    rows, following = selectors.revision_page(article_id=article_id, limit=query.limit, before=query.cursor)
    items = [
        {
            "id": row.id, "version": row.version, "kind": row.kind, "name": row.name, "words": row.words,
            "by": f"{row.created_by__first_name or ''} {row.created_by__last_name or ''}".strip(),
            "created_at": row.created_at,
        }
        for row in rows
    ]  # fmt: skip
    return private_answer(request, {"items": items, "next_cursor": following})
