"""What is read of an article's past: its revisions and its steps; their texts only where two are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from articles.content import Content
from articles.enums import RevisionKind
from articles.models import AuditEntry, Category, Image, Revision

PAGE_REVISIONS = 100
HISTORY_ENTRIES = 100


class RevisionRow(NamedTuple):
    """A revision in a list: everything but its content."""

    id: int
    version: int
    kind: str
    name: str
    words: int
    created_at: datetime
    created_by__first_name: str | None
    created_by__last_name: str | None
    created_by__username: str | None

    @property
    def by(self) -> str:
        """How the studio calls whoever made it; empty for the site itself."""
        full_name = f"{self.created_by__first_name or ''} {self.created_by__last_name or ''}".strip()
        return full_name or self.created_by__username or ""

    @property
    def is_autosave(self) -> bool:
        """Whether it was kept without anybody asking for it, and nobody has named it since."""
        return self.kind == RevisionKind.AUTOSAVE and not self.name


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """Revisions, newest first, and the words each gained over the one before; ``older`` leads to the next page."""

    rows: list[RevisionRow]
    gains: list[int]
    older: int | None


def revision_list(*, article_id: int, before: int | None = None) -> RevisionPage:
    """Return a page of an article's revisions: the newest, or those of versions below ``before``."""
    revisions = Revision.objects.filter(article_id=article_id).order_by("-version")
    if before is not None:
        revisions = revisions.filter(version__lt=before)
    found = [RevisionRow(*row) for row in revisions.values_list(*RevisionRow._fields)[: PAGE_REVISIONS + 1]]
    words = [row.words for row in found] + ([0] if len(found) <= PAGE_REVISIONS else [])
    gains = [here - earlier for here, earlier in pairwise(words)]
    older = found[PAGE_REVISIONS - 1].version if len(found) > PAGE_REVISIONS else None
    return RevisionPage(found[:PAGE_REVISIONS], gains, older)


def revision_get(*, article_id: int, revision_id: int) -> Revision:
    """Return a revision with its content and who made it; raises Revision.DoesNotExist for another article's."""
    return Revision.objects.select_related("created_by").get(pk=revision_id, article_id=article_id)


def revision_newest(*, article_id: int, below: int | None = None) -> RevisionRow | None:
    """Return the newest revision, or the newest of a version below one."""
    revisions = Revision.objects.filter(article_id=article_id).order_by("-version")
    if below is not None:
        revisions = revisions.filter(version__lt=below)
    row = revisions.values_list(*RevisionRow._fields).first()
    return RevisionRow(*row) if row else None


def history_list(*, article_id: int) -> list[AuditEntry]:
    """Return the last steps of an article with who took them, newest first."""
    entries = AuditEntry.objects.filter(article_id=article_id).select_related("actor").order_by("-id")
    return list(entries[:HISTORY_ENTRIES])


def names_of(*contents: Content) -> tuple[dict[int, str], dict[int, str]]:
    """Return what the categories and the cover images of these contents are called; two queries at most."""
    categories = {content.category_id for content in contents if content.category_id}
    covers = {content.cover_id for content in contents if content.cover_id}
    named = dict(Category.objects.filter(pk__in=categories).values_list("pk", "name")) if categories else {}
    pictured = dict(Image.objects.filter(pk__in=covers).values_list("pk", "alt")) if covers else {}
    return named, pictured
