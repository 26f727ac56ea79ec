"""What the editor reads: the article with all that is shown beside it, and the text a writer started from."""

from __future__ import annotations

from collections.abc import Sequence

from articles.content import Content
from articles.enums import Action, RevisionKind
from articles.models import Article, AuditEntry, Category, Image, Revision

RECENT_IMAGES = 24


def article_to_edit(*, article_id: int) -> Article:
    """Return the article with its author, draft and cover joined; raises Article.DoesNotExist."""
    return Article.objects.select_related("author", "draft", "cover", "category").get(pk=article_id)


def content_at(*, article: Article, version: int) -> Content | None:
    """Return what the article was at ``version``: the newest state kept by then; None when none is kept.

    Changes that were dropped left the live text, which is the newest published state.
    """
    kept = Revision.objects.filter(article=article, version__lte=version).order_by("-version")
    newest = kept.first()
    if newest is None:
        return None
    dropped = AuditEntry.objects.filter(
        article=article, action=Action.DISCARD, version__lte=version, version__gt=newest.version
    )
    if newest.kind != RevisionKind.PUBLISH and dropped.exists():
        newest = kept.filter(kind=RevisionKind.PUBLISH).first() or newest
    return newest.written


def last_writer_name(*, article: Article) -> str:
    """Return who saved the article last, or nothing when nobody did or the account is gone."""
    newest = Revision.objects.filter(article=article).select_related("created_by").order_by("-version").first()
    account = newest.created_by if newest else None
    return (account.get_full_name() or account.get_username()) if account else ""


def category_list() -> Sequence[Category]:
    """Return the categories there are, by name."""
    return list(Category.objects.all())


def image_recent() -> Sequence[Image]:
    """Return the newest images, to choose a cover from."""
    return list(Image.objects.order_by("-created_at", "-pk").defer("variants")[:RECENT_IMAGES])
