"""What is done with kept revisions: name them, bring one back, thin out old autosaves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import TruncHour
from django.utils import timezone

from articles.access import may_edit
from articles.enums import Action, RevisionKind
from articles.exceptions import NotAllowedError
from articles.models import Article, Revision
from articles.services.articles import article_save
from articles.services.trail import audit_record

AUTOSAVES_KEPT_FOR = timedelta(days=1)
_BATCH = 500


def revision_restore(*, article_id: int, revision_id: int, version: int, actor: AbstractBaseUser) -> Article:
    """Make a revision's content the article's next version; of a published one, as changes behind it.

    Raises Revision.DoesNotExist for one of another article, and what ``article_save`` raises.
    """
    with transaction.atomic():
        revision = Revision.objects.get(pk=revision_id, article_id=article_id)
        article = article_save(
            article_id=article_id, content=revision.written, version=version, actor=actor, kind=RevisionKind.RESTORE
        )
        audit_record(
            article=article, action=Action.REVERT, actor=actor, from_status=article.status, note=f"v{revision.version}"
        )
    return article


def revision_rename(*, article_id: int, revision_id: int, name: str, actor: AbstractBaseUser) -> Revision:
    """Name a revision, or with an empty name take its name away; raises Revision.DoesNotExist, NotAllowedError."""
    revision = Revision.objects.select_related("article").get(pk=revision_id, article_id=article_id)
    if not may_edit(actor, revision.article):
        raise NotAllowedError("rename")
    revision.name = name.strip()
    revision.full_clean(exclude=["article", "created_by", "content"])
    revision.save(update_fields=["name"])
    return revision


def revision_keep(*, article_id: int, version: int) -> None:
    """Keep the state of ``version`` for good: somebody asked for it to be saved, after it was saved by itself."""
    Revision.objects.filter(article_id=article_id, version=version, kind=RevisionKind.AUTOSAVE).update(
        kind=RevisionKind.SAVE
    )


def autosaves_thin(*, now: datetime | None = None) -> int:
    """Delete unnamed autosaves older than a day but for the last of each hour; return how many went."""
    limit = (now or timezone.now()) - AUTOSAVES_KEPT_FOR
    old = Revision.objects.filter(kind=RevisionKind.AUTOSAVE, name="", created_at__lt=limit)
    rows = old.annotate(hour=TruncHour("created_at")).order_by("article_id", "hour", "-version")
    kept: set[tuple[int, datetime]] = set()
    gone: list[int] = []
    for pk, article_id, hour in rows.values_list("pk", "article_id", "hour").iterator():
        if (article_id, hour) in kept:
            gone.append(pk)
        kept.add((article_id, hour))
    for start in range(0, len(gone), _BATCH):
        Revision.objects.filter(pk__in=gone[start : start + _BATCH]).delete()
    return len(gone)
