"""What an export reads: whole articles, a batch at a time, no more than the account may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q

from articles.access import VIEW
from articles.enums import Status
from articles.models import Article
from articles.querysets import ArticleQuerySet

_BATCH = 100


def articles_readable(*, account: AbstractBaseUser, articles: ArticleQuerySet) -> ArticleQuerySet:
    """Keep what the account may read: everything with the right to view, its own and the public ones without."""
    if may_view_all(account):
        return articles
    return articles.filter(Q(status=Status.PUBLISHED) | Q(author_id=account.pk))


def may_view_all(account: Any) -> bool:
    """Whether the account may see articles of others that are not public."""
    return bool(account.is_active and account.has_perm(VIEW))


def articles_whole(*, articles: ArticleQuerySet) -> Iterator[Article]:
    """Yield articles with all that an export tells, oldest first; two queries a batch."""
    last = 0
    whole = articles.select_related("author", "category", "cover", "draft").prefetch_related("tags").order_by("pk")
    while batch := list(whole.filter(pk__gt=last)[:_BATCH]):
        yield from batch
        last = batch[-1].pk
