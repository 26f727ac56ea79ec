"""Taking an article out of the database for good; archiving keeps it."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.models import User
from django.db import transaction

from articles.enums import Status
from articles.exceptions import NotAllowedError
from articles.models import Article
from articles.services.articles import article_lock
from articles.signals import live_changed


def article_delete(*, article_id: int, actor: User) -> None:
    """Delete the article with its revisions; what its audit entries say of it stays.

    Raises NotAllowedError for all but superusers, Article.DoesNotExist.
    """
    if not (actor.is_active and actor.is_superuser):
        raise NotAllowedError("delete")
    with transaction.atomic():
        article = article_lock(article_id)
        was_public = article.status == Status.PUBLISHED
        article.delete()
        if was_public:
            tell = partial(live_changed.send_robust, Article, article_id=article_id, is_public=False)
            transaction.on_commit(tell)
