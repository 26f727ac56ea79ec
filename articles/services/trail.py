"""What every change leaves behind: a revision of the content, an audit entry of the step."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser

from articles.content import Content, count_words
from articles.enums import Action, RevisionKind
from articles.models import Article, AuditEntry, Revision


def revision_record(
    *, article: Article, content: Content, kind: RevisionKind, actor: AbstractBaseUser | None, name: str = ""
) -> Revision:
    """Keep ``content`` as what the article was at its version."""
    return Revision.objects.create(
        article=article, version=article.version, kind=kind, name=name, content=content.to_json(),
        words=count_words(content.body), created_by_id=actor.pk if actor else None,
    )  # fmt: skip


def audit_record(
    *, article: Article, action: Action, actor: AbstractBaseUser | None, from_status: str, note: str = ""
) -> AuditEntry:
    """Keep that ``actor`` took the step; without one it was the site itself."""
    return AuditEntry.objects.create(
        article=article, title=article.title, actor_id=actor.pk if actor else None, action=action,
        from_status=from_status, to_status=article.status, version=article.version, note=note,
    )  # fmt: skip
