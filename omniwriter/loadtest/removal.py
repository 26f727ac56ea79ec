"""What takes away all that a run made, found by its number alone: also what a process that was killed has left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import Min, ProtectedError, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.enums import Status
from articles.models import Article, AuditEntry, Category, GenerationJob, ProviderCall, Tag
from articles.models.generation import HELD_STATUSES, OPEN_STATUSES
from articles.signals import live_changed
from articles.throttles import grants_end
from omniwriter.loadtest.names import accounts_of, group_of, slug_of
from perfmon.exceptions import ScenarioError

BATCH = 200
LET_GO_S = 8.0  # runners see within half a second that they should stop; a lost one's lease lasts six
PASSES = 3  # a request that was still at work may have made something meanwhile
_LOOK_S = 0.1


def run_clear(run: int) -> None:
    """Remove the run's accounts and all that is theirs; nothing happens when nothing is left.

    Raises ScenarioError when something is left that can't go.
    """
    group = Group.objects.using(DEFAULT_DB_ALIAS).filter(name=group_of(run)).first()
    if group is None:
        return
    accounts = User.objects.filter(groups=group, username__startswith=accounts_of(run))
    for _pass in range(PASSES):
        owners = list(accounts.values_list("pk", flat=True))
        accounts.update(is_active=False)  # so that nothing more is made
        _jobs_stop(owners)
        try:
            _owned_delete(owners)
            break
        except (ProtectedError, IntegrityError):
            continue
    else:
        raise ScenarioError(
            _("Load test %(run)d can't be removed: its accounts still write. Try again.") % {"run": run}
        )
    Category.objects.filter(slug=slug_of(run), articles=None).delete()
    Tag.objects.filter(slug=slug_of(run), articles=None).delete()
    group.delete()  # last, as the rest is found by it; its endpoint and its budget go with it


def _owned_delete(owners: Sequence[int]) -> None:
    grants_end(owners)
    _sessions_end(owners)
    names = User.objects.filter(pk__in=owners).values_list("username", flat=True)
    AccessAttempt.objects.filter(username__in=list(names)).delete()
    _drain(ProviderCall.objects.filter(owner_id__in=owners))
    _drain(GenerationJob.objects.filter(owner_id__in=owners))
    _drain(AuditEntry.objects.filter(Q(actor_id__in=owners) | Q(article__author_id__in=owners)))
    _drain(Article.objects.filter(author_id__in=owners), _tell_readers)
    _drain(User.objects.filter(pk__in=owners))  # with their tokens and what they were promised to get once


def _jobs_stop(owners: Sequence[int]) -> None:
    """Ask all jobs to stop and wait until no runner has one; those that nobody has yet are taken up by nobody then."""
    jobs = GenerationJob.objects.filter(owner_id__in=owners, status__in=OPEN_STATUSES)
    jobs.filter(cancel_requested_at=None).update(cancel_requested_at=timezone.now())
    until_s = time.monotonic() + LET_GO_S
    while jobs.filter(status__in=HELD_STATUSES, lease_until__gte=timezone.now()).exists():
        if time.monotonic() > until_s:
            return
        time.sleep(_LOOK_S)


def _drain(rows: QuerySet[Any], tell: Callable[[Sequence[int]], None] | None = None) -> None:
    """Delete the rows some at a time, so that nobody waits long for what they lock."""
    rows = rows.using(DEFAULT_DB_ALIAS)  # a replica may not know what a request has just made
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            if tell is not None:
                tell(keys)
            rows.model._default_manager.filter(pk__in=keys).delete()  # noqa: SLF001


def _tell_readers(keys: Iterable[int]) -> None:
    """Have caches and indexes told of those that readers saw, once they are gone."""
    public = Article.objects.filter(pk__in=keys, status=Status.PUBLISHED).values_list("pk", flat=True)
    for key in list(public):
        transaction.on_commit(partial(live_changed.send_robust, Article, article_id=key, is_public=False))


def _sessions_end(owners: Sequence[int]) -> None:
    """End the accounts' sessions. A session does not say whose it is: those since the accounts were made are opened."""
    made_at = User.objects.filter(pk__in=owners).aggregate(first=Min("date_joined"))["first"]
    if made_at is None:
        return
    ends_after = made_at + timedelta(seconds=settings.SESSION_COOKIE_AGE) - timedelta(minutes=1)
    wanted = {str(owner) for owner in owners}
    store = import_module(settings.SESSION_ENGINE).SessionStore
    since = Session.objects.filter(expire_date__gte=ends_after)
    ended = [row.session_key for row in since.iterator(BATCH) if row.get_decoded().get(SESSION_KEY) in wanted]
    for key in ended:
        store(key).delete()  # from the cache too
