"""The steps on an article's way to the readers: one address each, POST /api/articles/{id}/{step}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.models import Header as HeaderParam

from articles.api.callers import SIGNED_IN, require, signed_in
from articles.api.parser import refuse_body, refuse_unknown
from articles.api.schemas import ApproveIn, ArticleDraft, Problem, ReturnIn, ScheduleIn
from articles.api.writing import article_answer, refused_as_stale, visible_article
from articles.enums import Action
from articles.models import Article
from articles.services import publishing
from articles.tokens import Scope

router = Router(tags=["Steps"], auth=SIGNED_IN)
IfMatch = Annotated[str | None, HeaderParam(
    None, alias="If-Match", max_length=1000, pattern=r"^[\x20-\x7e]*$",
    description="The ETag of the article as it was read with draft=true; without it the step is taken from any state.",
)]  # fmt: skip
#: The steps that take no more than the article: what they are for, the token's scope, the service.
BARE_STEPS: tuple[tuple[Action, str, Scope, Callable[..., Article]], ...] = (
    (Action.SUBMIT, "Ask for a review", Scope.WRITE, publishing.article_submit),
    (Action.WITHDRAW, "Take it out of review", Scope.WRITE, publishing.article_withdraw),
    (Action.DISCARD, "Drop the changes behind a published article", Scope.WRITE, publishing.changes_discard),
    (Action.UNSCHEDULE, "Take it off the schedule", Scope.PUBLISH, publishing.article_unschedule),
    (Action.PUBLISH, "Publish it, or the changes behind it, now", Scope.PUBLISH, publishing.article_publish),
    (Action.UNPUBLISH, "Take it off the site", Scope.PUBLISH, publishing.article_unpublish),
    (Action.ARCHIVE, "Put it away", Scope.PUBLISH, publishing.article_archive),
    (Action.RESTORE, "Take it out of the archive", Scope.PUBLISH, publishing.article_restore),
)
_ANSWERS: dict[int, Any] = {200: ArticleDraft, **dict.fromkeys((400, 401, 403, 404, 409, 412, 422, 428, 429), Problem)}
_ANSWERS_TO_BODIES = {**_ANSWERS, 413: Problem, 415: Problem}


def add_bare_step(action: Action, summary: str, scope: Scope, service: Callable[..., Article]) -> None:
    """Give the router one step without a body."""

    def step(request: HttpRequest, article_id: int, if_match: IfMatch = None) -> HttpResponse:
        refuse_body(request)
        return _take(request, article_id, if_match, scope, service)

    step.__name__ = f"article_{action.value}"
    router.post(
        f"/articles/{{int:article_id}}/{action.value}", response=_ANSWERS, summary=summary,
        operation_id=f"article_{action.value}", description=_needs(scope),
    )(step)  # fmt: skip


def _needs(scope: Scope) -> str:
    return f"A token needs the scope `{scope}`. The answer is the article after the step, with the steps open then."


for _bare in BARE_STEPS:
    add_bare_step(*_bare)


@router.post(
    "/articles/{int:article_id}/return",
    response=_ANSWERS_TO_BODIES, summary="Send it back to its writer", description=_needs(Scope.PUBLISH),
)  # fmt: skip
def article_return(request: HttpRequest, article_id: int, word: ReturnIn, if_match: IfMatch = None) -> HttpResponse:
    """Send the article back with a note."""
    return _take(request, article_id, if_match, Scope.PUBLISH, publishing.article_return, note=word.note)


@router.post(
    "/articles/{int:article_id}/approve",
    response=_ANSWERS_TO_BODIES, summary="Approve the text as it is now", description=_needs(Scope.PUBLISH),
)  # fmt: skip
def article_approve(
    request: HttpRequest, article_id: int, word: ApproveIn | None = None, if_match: IfMatch = None
) -> HttpResponse:
    """Approve the article: who may edit it may then publish it."""
    note = word.note if word else ""
    return _take(request, article_id, if_match, Scope.PUBLISH, publishing.article_approve, note=note)


@router.post(
    "/articles/{int:article_id}/schedule",
    response=_ANSWERS_TO_BODIES, summary="Publish it at a moment to come", description=_needs(Scope.PUBLISH),
)  # fmt: skip
def article_schedule(
    request: HttpRequest, article_id: int, moments: ScheduleIn, if_match: IfMatch = None
) -> HttpResponse:
    """Put the article on the schedule."""
    return _take(
        request, article_id, if_match, Scope.PUBLISH, publishing.article_schedule,
        publish_at=moments.publish_at, unpublish_at=moments.unpublish_at,
    )  # fmt: skip


def _take(
    request: HttpRequest,
    article_id: int,
    if_match: str | None,
    scope: Scope,
    service: Callable[..., Article],
    **more: Any,
) -> HttpResponse:
    """Check the token and what the caller has read, take the step, show what became of it."""
    refuse_unknown(request.GET, ())
    user = require(request, scope)
    article = visible_article(signed_in(request), article_id)
    version = None
    if if_match is not None:
        refused = refused_as_stale(article, signed_in(request), if_match)
        if refused is not None:
            return refused
        version = article.version
    service(article_id=article_id, actor=user, version=version, **more)
    return article_answer(request, article_id)
