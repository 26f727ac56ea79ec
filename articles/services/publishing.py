"""The steps on an article's way: each is guarded by stage and standing, and leaves an audit entry."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.access import stage_of, standings
from articles.content import Content
from articles.enums import Action, RevisionKind, Status
from articles.exceptions import NotAllowedError, StaleVersionError, TransitionError
from articles.limits import MAX_NOTE_CHARS
from articles.models import Article
from articles.services.articles import apply_content, article_lock, content_check, ready_check
from articles.services.trail import audit_record, revision_record
from articles.signals import live_changed
from articles.workflow import STEPS, is_open, may_take


def article_submit(*, article_id: int, actor: AbstractBaseUser, version: int | None = None) -> Article:
    """Ask for a review of the article, or of the changes behind a published one."""
    return _step(article_id, Action.SUBMIT, actor, version=version)


def article_withdraw(*, article_id: int, actor: AbstractBaseUser, version: int | None = None) -> Article:
    """Take the article out of review again."""
    return _step(article_id, Action.WITHDRAW, actor, version=version)


def article_return(*, article_id: int, actor: AbstractBaseUser, note: str, version: int | None = None) -> Article:
    """Send the article back to its writer; the note says what is missing. Raises ValidationError without one."""
    if not note.strip():
        raise ValidationError({"note": _("Say what should change, so that the writer knows.")})
    return _step(article_id, Action.RETURN, actor, note=note, version=version)


def article_approve(*, article_id: int, actor: AbstractBaseUser, note: str = "", version: int | None = None) -> Article:
    """Approve the text as it is now: who may edit it may then publish or schedule it."""
    return _step(article_id, Action.APPROVE, actor, note=note, version=version)


def article_schedule(
    *,
    article_id: int,
    actor: AbstractBaseUser,
    publish_at: datetime,
    unpublish_at: datetime | None = None,
    version: int | None = None,
) -> Article:
    """Publish the article by itself at ``publish_at``, and take it off again at ``unpublish_at`` when that is given.

    Raises ValidationError when a moment is past or they are in the wrong order.
    """
    if publish_at <= timezone.now():
        raise ValidationError({"publish_at": _("Choose a moment that is still to come.")})
    if unpublish_at is not None and unpublish_at <= publish_at:
        raise ValidationError({"unpublish_at": _("Choose a moment after the publication.")})
    return _step(article_id, Action.SCHEDULE, actor, version=version, publish_at=publish_at, unpublish_at=unpublish_at)


def article_unschedule(*, article_id: int, actor: AbstractBaseUser, version: int | None = None) -> Article:
    """Take the article off the schedule: it is a draft again."""
    return _step(article_id, Action.UNSCHEDULE, actor, version=version)


def article_publish(*, article_id: int, actor: AbstractBaseUser | None, version: int | None = None) -> Article:
    """Show the article, or the changes behind it, to the readers from now on.

    One that is published and has no changes stays as it is. Without an actor it is the site itself that publishes: on
    schedule, or its starter. Raises Article.DoesNotExist, TransitionError, NotAllowedError, StaleVersionError,
    ValidationError when a field is not valid any more.
    """
    return _step(article_id, Action.PUBLISH, actor, version=version)


def article_unpublish(*, article_id: int, actor: AbstractBaseUser | None, version: int | None = None) -> Article:
    """Take the article off the site; it is a draft again, with the changes that waited behind it."""
    return _step(article_id, Action.UNPUBLISH, actor, version=version)


def article_archive(*, article_id: int, actor: AbstractBaseUser, version: int | None = None) -> Article:
    """Put the article away: off the site and out of the lists of what is being written."""
    return _step(article_id, Action.ARCHIVE, actor, version=version)


def article_restore(*, article_id: int, actor: AbstractBaseUser, version: int | None = None) -> Article:
    """Take the article out of the archive: it is a draft again."""
    return _step(article_id, Action.RESTORE, actor, version=version)


def changes_discard(*, article_id: int, actor: AbstractBaseUser, version: int | None = None) -> Article:
    """Drop the changes behind a published article; its revisions keep them."""
    return _step(article_id, Action.DISCARD, actor, version=version)


def _step(
    article_id: int,
    action: Action,
    actor: AbstractBaseUser | None,
    *,
    note: str = "",
    version: int | None = None,
    publish_at: datetime | None = None,
    unpublish_at: datetime | None = None,
) -> Article:
    """Take one step: guard, change, record, tell."""
    if len(note) > MAX_NOTE_CHARS:
        raise ValidationError({"note": _("At most %(most)d characters.") % {"most": MAX_NOTE_CHARS}})
    with transaction.atomic():
        article = article_lock(article_id)
        if action is Action.PUBLISH and _is_live_already(article):
            return article
        _guard(article, action, actor, version)
        if action in _SHOWN:
            ready_check(article.working())
        before = article.status
        if publish_at is not None:
            article.publish_at, article.unpublish_at = publish_at, unpublish_at
        _change(article, action, actor)
        audit_record(article=article, action=action, actor=actor, from_status=before, note=note.strip())
        if Status.PUBLISHED in (before, article.status) and action in _LIVE:
            tell = partial(live_changed.send_robust, Article, article_id=article.pk, is_public=article.is_public)
            transaction.on_commit(tell)
    return article


_SHOWN = frozenset({Action.SUBMIT, Action.APPROVE, Action.SCHEDULE, Action.PUBLISH})
_LIVE = frozenset({Action.PUBLISH, Action.UNPUBLISH, Action.ARCHIVE})


def _is_live_already(article: Article) -> bool:
    return article.status == Status.PUBLISHED and article.pending is None


def _guard(article: Article, action: Action, actor: AbstractBaseUser | None, version: int | None) -> None:
    step, stage = STEPS[action], stage_of(article)
    if actor is not None and not may_take(step, stage, standings(actor, article)):
        raise NotAllowedError(action)
    if version is not None and version != article.version:
        raise StaleVersionError(article.pk, version, article.version)
    if not is_open(step, stage):
        raise TransitionError(action, article.status)


def _change(article: Article, action: Action, actor: AbstractBaseUser | None) -> None:
    article.version += 1
    if action is Action.APPROVE:
        article.approved_by_id, article.approved_at = actor.pk if actor else None, timezone.now()
    elif action is not Action.SCHEDULE:
        article.approved_by, article.approved_at = None, None
    if article.status == Status.PUBLISHED and action in (Action.SUBMIT, Action.WITHDRAW, Action.RETURN, Action.APPROVE):
        article.draft.in_review = action in (Action.SUBMIT, Action.APPROVE)
        article.draft.save(update_fields=["in_review", "updated_at"])
    else:
        _move(article, action, actor)
    article.save()


def _move(article: Article, action: Action, actor: AbstractBaseUser | None) -> None:
    """Change the status, and what goes with it."""
    pending = article.pending
    if pending is not None and action is not Action.DISCARD:
        content_check(article, pending.written)
        apply_content(article, pending.written)
    if pending is not None:
        pending.delete()
        article.__dict__.pop("draft", None)
        article._state.fields_cache.pop("draft", None)  # noqa: SLF001  (what a deleted reverse row leaves behind)
    target = STEPS[action].target
    article.status = target.value if target else article.status
    if action is Action.PUBLISH:
        _go_live(article, actor)
    elif action is not Action.SCHEDULE and article.status != Status.PUBLISHED:
        article.publish_at = article.unpublish_at = None


def _go_live(article: Article, actor: AbstractBaseUser | None) -> None:
    now = timezone.now()
    content = article.content()
    content_check(article, content)
    article.publish_at = None
    article.published_at = article.published_at or now
    article.live_updated_at = now
    article.full_clean(validate_unique=False)
    _record_live(article, content, actor)


def _record_live(article: Article, content: Content, actor: AbstractBaseUser | None) -> None:
    revision_record(article=article, content=content, kind=RevisionKind.PUBLISH, actor=actor)
