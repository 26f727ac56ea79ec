"""Writing articles: create one, change one. At the addresses that also read them, so on the same router."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import parse_etags
from ninja.errors import HttpError
from ninja.params.models import Header as HeaderParam

from articles.access import ADD
from articles.api.answers import encoded, private_answer
from articles.api.articles import router
from articles.api.callers import SIGNED_IN, Caller, require, signed_in
from articles.api.documents import matching_etags, working_document
from articles.api.parser import refuse_unknown
from articles.api.problems import stale
from articles.api.schemas import ArticleChange, ArticleDraft, ArticleIn, Problem
from articles.content import Content
from articles.idempotency import answer_once
from articles.models import Article
from articles.selectors import api as selectors
from articles.services.articles import article_create, article_save
from articles.tokens import Scope

IdempotencyKey = Annotated[str | None, HeaderParam(
    None, alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$",
    description="Any text of your own, new for each article: the same key again gets the same answer, for a day.",
)]  # fmt: skip
IfMatch = Annotated[str | None, HeaderParam(
    None, alias="If-Match", max_length=1000, pattern=r'^[\x20-\x7e]*$',
    description="The ETag of the article as it was read with draft=true.",
)]  # fmt: skip
_COLUMNS = {"content": "body"}


@router.post(
    "/articles",
    auth=SIGNED_IN,
    response={
        201: ArticleDraft, 400: Problem, 401: Problem, 403: Problem, 409: Problem, 413: Problem, 415: Problem,
        422: Problem, 429: Problem,
    },
    summary="Create a draft",
)  # fmt: skip
def article_add(request: HttpRequest, article: ArticleIn, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Create a draft of the caller, who needs the right to add articles and a token the scope `articles:write`."""
    refuse_unknown(request.GET, ())
    user = require(request, Scope.WRITE, ADD)
    sent = article.model_dump(mode="json")

    def make() -> HttpResponse:
        created = article_create(content=replace(Content(title=""), **_written(sent)), author=user)
        return article_answer(request, created.pk, status=201)

    if idempotency_key is None:
        return make()
    return answer_once(user=user, key=idempotency_key, digest=digest_of("POST /articles", sent), make=make)


@router.patch(
    "/articles/{int:article_id}",
    auth=SIGNED_IN,
    response={
        200: ArticleDraft, 400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 412: Problem,
        413: Problem, 415: Problem, 422: Problem, 428: Problem, 429: Problem,
    },
    summary="Change an article",
)  # fmt: skip
def article_change(
    request: HttpRequest, article_id: int, change: ArticleChange, if_match: IfMatch = None
) -> HttpResponse:
    """Change the text that is being written; of a published article readers see it once it is published again.

    Nothing is stored when somebody changed the article since (412), and nothing is overwritten unseen (428).
    """
    refuse_unknown(request.GET, ())
    user = require(request, Scope.WRITE)
    article = visible_article(signed_in(request), article_id)
    refused = refused_as_stale(article, signed_in(request), if_match)
    if refused is not None:
        return refused
    written = _written(change.model_dump(mode="json", exclude_unset=True))
    content = replace(article.working(), **written)
    article_save(article_id=article_id, content=content, version=article.version, actor=user)
    return article_answer(request, article_id)


def visible_article(caller: Caller, article_id: int) -> Article:
    """Return the article with all of it; who may not see it learns nothing of it."""
    article = selectors.article_whole(article_id=article_id)
    if not article.is_public and not may_know_of(caller, article):
        raise Http404("There is no such article.")
    return article


def may_know_of(caller: Caller, article: Article) -> bool:
    """Whether the caller's account may see the article, whatever the token is for."""
    return Caller(caller.user).sees_draft(article)


def refused_as_stale(article: Article, caller: Caller, if_match: str | None) -> HttpResponse | None:
    """Return the refusal of a change to what is not the article any more, nothing when it still is."""
    if not may_know_of(caller, article):  # or the refusal would tell of changes behind what is public
        raise HttpError(403, "This account may not see the drafts of this article.")
    sent = parse_etags(if_match or "")
    if not sent or sent == ["*"]:
        raise HttpError(428, "Read the article with draft=true and send the ETag of that answer as If-Match.")
    current = list(matching_etags(article, caller))
    if any(etag in sent for etag in current):
        return None
    return stale(article.pk, article.version, current[0])


def article_answer(request: HttpRequest, article_id: int, status: int = 200) -> HttpResponse:
    """Answer with the article as it is being written."""
    article = selectors.article_whole(article_id=article_id)
    response = private_answer(
        request, working_document(article, signed_in(request)), version=article.version, status=status
    )
    if status == 201:
        response["Location"] = reverse("articles-api:article_detail", args=[article_id])
    return response


def digest_of(*parts: Any) -> str:
    """Return what tells one request from another."""
    return hashlib.sha256(encoded(parts)).hexdigest()


def _written(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent in the words of a Content; raises ValidationError naming an unknown category."""
    written = {_COLUMNS.get(name, name): value for name, value in sent.items() if name != "category"}
    if "tags" in written:
        written["tags"] = tuple(written["tags"])
    if "category" in sent:
        written["category_id"] = _category_id(sent["category"])
    return written


def _category_id(slug: str | None) -> int | None:
    if not slug:
        return None
    found = selectors.category_id_of(slug=slug) if "\x00" not in slug else None
    if found is None:
        raise ValidationError({"category": "There is no such category; GET /api/categories lists them."})
    return found
