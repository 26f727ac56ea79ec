"""Texts written by a language model: have one written, see how it goes, stop it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from ninja.errors import HttpError

from articles.access import ADD
from articles.api.answers import private_answer
from articles.api.callers import SIGNED_IN, require, signed_in
from articles.api.generation_documents import job_document, job_item, job_path
from articles.api.generation_schemas import GenerateIn, JobList, JobListQuery, JobOut
from articles.api.parser import refuse_body, refuse_unknown
from articles.api.problems import problem
from articles.api.schemas import Problem
from articles.api.writing import IdempotencyKey, digest_of
from articles.enums import GenerationKind, GenerationStatus
from articles.exceptions import CursorError, TransitionError
from articles.generation.errors import BudgetError
from articles.generation.jobs import job_cancel, job_start
from articles.generation.selectors import Account, job_get, job_list
from articles.generation.wishes import article_wish
from articles.idempotency import answer_once
from articles.models import GenerationJob, PromptTemplate, PromptVersion
from articles.providers.endpoints import endpoint_named
from articles.providers.router import endpoints_for
from articles.selectors.api import category_id_of
from articles.throttles import account_key, call_count
from articles.tokens import SCOPES, Scope

router = Router(tags=["Generation"], auth=SIGNED_IN)
_MAX_ID_DIGITS = 18


@router.post(
    "/generate",
    response={
        202: JobOut, 400: Problem, 401: Problem, 403: Problem, 409: Problem, 413: Problem, 415: Problem, 422: Problem,
        429: Problem,
    },
    summary="Have a text written",
)  # fmt: skip
def generation_start(request: HttpRequest, wish: GenerateIn, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Start a job and answer at once; the text becomes a draft of the caller, who needs the right to add articles.

    Follow it at `urls.websocket` or `urls.events`, or read `urls.job` now and then. A day's number of jobs and a
    month's money may be bounded: then 429 says which is used up (`code`: `jobs`, `account`, `site`).
    """
    refuse_unknown(request.GET, ())
    user = require(request, Scope.GENERATE, ADD)
    allowance = call_count("generate", account_key(user.pk))
    if allowance is not None and allowance.exceeded:
        detail = f"At most {allowance.limit} jobs a minute. Try again in {allowance.reset_s} seconds."
        return problem(429, detail, headers=allowance.headers)
    sent = wish.model_dump(mode="json")

    def make() -> HttpResponse:
        job = job_start(owner=user, **_asked(sent, user.pk))
        response = private_answer(request, job_document(request, job), status=202)
        response["Location"] = job_path(job)
        return response

    try:
        if idempotency_key is None:
            return make()
        return answer_once(user=user, key=idempotency_key, digest=digest_of("POST /generate", sent), make=make)
    except BudgetError as error:
        return _used_up(error, timezone.now())


@router.get(
    "/generate",
    response={200: JobList, 304: None, 400: Problem, 401: Problem, 403: Problem, 422: Problem, 429: Problem},
    summary="List jobs, newest first",
)
def generation_list(request: HttpRequest, query: Query[JobListQuery]) -> HttpResponse:
    """List the caller's jobs by cursor, a superuser's everybody's."""
    refuse_unknown(request.GET, JobListQuery.model_fields)
    page = job_list(
        account=_reader(request), limit=query.limit, before=_before(query.cursor), status=query.status or "",
        kind=query.kind or "",
    )  # fmt: skip
    following = None if page.older is None else str(page.older)
    return private_answer(request, {"items": [job_item(request, job) for job in page.jobs], "next_cursor": following})


@router.get(
    "/generate/{int:job_id}",
    response={
        200: JobOut, 304: None, 400: Problem, 401: Problem, 403: Problem, 404: Problem, 422: Problem, 429: Problem,
    },
    summary="Read a job",
)  # fmt: skip
def generation_detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """Read how a job stands, its text as far as it is written, its calls of providers and what they cost."""
    refuse_unknown(request.GET, ())
    return private_answer(request, job_document(request, _job(_reader(request), job_id)))


@router.post(
    "/generate/{int:job_id}/cancel",
    response={
        200: JobOut, 400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 429: Problem,
    },
    summary="Stop a job",
)  # fmt: skip
def generation_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop a job; it ends within a second and keeps what is written. One that was stopped before stays as it is."""
    refuse_unknown(request.GET, ())
    refuse_body(request)
    user = require(request, Scope.GENERATE)
    job = _job(user, job_id)
    if not job_cancel(job_id=job.pk) and job.status != GenerationStatus.CANCELLED:
        raise TransitionError("cancel", job.status)
    return private_answer(request, job_document(request, _job(user, job_id)))


def _reader(request: HttpRequest) -> Account:
    caller = signed_in(request)
    if not (caller.has(Scope.READ) or caller.has(Scope.GENERATE)):
        raise HttpError(403, f"This token lacks the scope {Scope.GENERATE}: it can't {SCOPES[Scope.GENERATE]}.")
    return caller.user


def _job(account: Account, job_id: int) -> GenerationJob:
    try:
        return job_get(account=account, job_id=job_id)
    except (GenerationJob.DoesNotExist, OverflowError):
        raise Http404("There is no such job, or it is not this account's.") from None


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _MAX_ID_DIGITS):
        raise CursorError("Not a cursor of this list.")
    return int(cursor)


def _asked(sent: dict[str, Any], account_id: int) -> dict[str, Any]:
    """Return what ``job_start`` takes; raises ValidationError naming the fields."""
    for name, other in (("prompt", "brief"), ("max_length", "words")):
        if sent[name] and sent[other]:
            raise ValidationError({name: f"This is another name of {other}: send one of them."})
    wish = article_wish({
        **sent, "brief": sent["brief"] or sent["prompt"], "words": sent["words"] or sent["max_length"],
        "category_id": _category_id(sent["category"]),
    })  # fmt: skip
    _check_model(sent["model"], wish.language, account_id)
    variables = {"variables": sent["variables"]} if sent["variables"] else {}
    return {
        "kind": GenerationKind(sent["kind"]), "parameters": {**wish.parameters(), **variables},
        "language": wish.language, "prompt_version": _prompt_version(sent["template"], sent["kind"]),
        "endpoint_wanted": sent["model"],
    }  # fmt: skip


def _category_id(slug: str | None) -> int | None:
    found = category_id_of(slug=slug) if slug else None
    if slug and found is None:
        raise ValidationError({"category": "There is no such category; GET /api/categories lists them."})
    return found


def _prompt_version(name: str, kind: str) -> PromptVersion | None:
    if not name:
        return None
    template = PromptTemplate.objects.filter(name=name, kind=kind, is_archived=False).first()
    version = template.versions.order_by("-number").first() if template else None
    if version is None:
        raise ValidationError({"template": "There is no such template for this kind of text."})
    return version


def _check_model(name: str, language: str, account_id: int) -> None:
    wanted = endpoint_named(name, account_id) if name else None
    if name and wanted is None:
        raise ValidationError({"model": "No model of this name is connected."})
    if not (wanted.writes(language) if wanted else endpoints_for(language, account_id)):
        message = "No connected model writes this language; an administrator can connect one that does."
        raise ValidationError({"model" if name else "language": message})


def _used_up(error: BudgetError, now: datetime) -> HttpResponse:
    """Answer 429: it is used up until a new day or month begins (UTC). 402 is reserved (RFC 9110, 15.5.3)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    next_month = (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)
    details = {
        "jobs": f"This account may start {error.limit} jobs a day and has started {error.used}.",
        "account": f"This account may spend US$ {error.limit} a month and has spent {error.used}.",
        "site": f"The site may spend US$ {error.limit} a month on texts and has spent {error.used}.",
    }
    again = midnight + timedelta(days=1) if error.code == "jobs" else next_month
    return problem(
        429, f"{details[error.code]} Nothing was started.", code=error.code, limit=str(error.limit),
        used=str(error.used), headers={"Retry-After": str(int((again - now).total_seconds()) + 1)},
    )  # fmt: skip
