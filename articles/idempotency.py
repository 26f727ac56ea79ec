"""Doing what a program asks for under a key once, however often it asks: after a lost answer it asks again.

The key is claimed first, in a transaction of its own, so that a second call finds it. What is made and the answer that
says so are then stored in one transaction: a call that dies leaves either both or neither, and a claim that stays
without an answer is given to the next caller after ``CLAIM_S``. A call that lost its claim that way undoes its work.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone

from articles.exceptions import ArticleError
from articles.models import IdempotencyKey

KEPT_FOR = timedelta(days=1)
CLAIM_S = 60
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Cache-Control")


class KeyReusedError(ArticleError):
    """The key was used for something else."""


class KeyBusyError(ArticleError):
    """The first call with this key is still at work."""


def answer_once(
    *, user: AbstractBaseUser, key: str, digest: str, make: Callable[[], HttpResponse], in_transaction: bool = True
) -> HttpResponse:
    """Return what ``make`` answers, or what it answered the first time; ``digest`` tells one request from another.

    Only what succeeded is kept. Long work that twice done is the same as once may go without the common transaction,
    which on SQLite keeps all other writers waiting. Raises KeyReusedError, KeyBusyError, and what ``make`` raises.
    """
    claim = _claim(user, key, digest, timezone.now())
    if claim.status_code is not None:
        return _replay(claim)
    try:
        with transaction.atomic() if in_transaction else nullcontext():
            response = make()
            _keep(claim, response)
    except BaseException:
        IdempotencyKey.objects.filter(pk=claim.pk, status_code=None, created_at=claim.created_at).delete()
        raise
    return response


def keys_clear(*, now: datetime | None = None) -> int:
    """Delete keys older than a day; return how many went."""
    limit = (now or timezone.now()) - KEPT_FOR
    return IdempotencyKey.objects.filter(created_at__lt=limit).delete()[0]


def _claim(user: AbstractBaseUser, key: str, digest: str, now: datetime) -> IdempotencyKey:
    """Return the key's row: a new claim of ours, or an answered one of this very request."""
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(user_id=user.pk, key=key, request_digest=digest)
    except IntegrityError:
        found = IdempotencyKey.objects.filter(user_id=user.pk, key=key).first()
    if found is None:  # let go between the two statements
        raise KeyBusyError("Another call with this key has just ended.")
    if found.created_at < now - KEPT_FOR:
        return _taken_over(found, digest, now)
    if found.request_digest != digest:
        raise KeyReusedError("This key was used for another request.")
    if found.status_code is not None:
        return found
    if found.created_at > now - timedelta(seconds=CLAIM_S):
        raise KeyBusyError("The first call with this key is still at work.")
    return _taken_over(found, digest, now)


def _taken_over(found: IdempotencyKey, digest: str, now: datetime) -> IdempotencyKey:
    """Make a claim that was given up, or a key past its day, ours; one of several that try succeeds."""
    mine = IdempotencyKey.objects.filter(pk=found.pk, created_at=found.created_at)
    if not mine.update(created_at=now, request_digest=digest, status_code=None, answer=None, headers={}):
        raise KeyBusyError("Another call with this key has just begun.")
    found.created_at, found.status_code = now, None
    return found


def _keep(claim: IdempotencyKey, response: HttpResponse) -> None:
    headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    mine = IdempotencyKey.objects.filter(pk=claim.pk, created_at=claim.created_at, status_code=None)
    if not mine.update(status_code=response.status_code, answer=response.content, headers=headers):
        raise KeyBusyError("Another call took this key over.")


def _replay(kept: IdempotencyKey) -> HttpResponse:
    response = HttpResponse(bytes(kept.answer or b""), status=kept.status_code)
    for name, value in kept.headers.items():
        response[name] = value
    response[REPLAYED] = "true"
    return response
