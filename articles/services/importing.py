"""What stores an article that a file gave: whole or not at all, and the same however often it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from articles.content import Content
from articles.enums import RevisionKind
from articles.models import Article
from articles.services.articles import article_create, article_save
from articles.services.publishing import article_publish


class Fate(StrEnum):
    """What an import does with one article of a file."""

    CREATE = "create"
    UPDATE = "update"
    COPY = "copy"
    SKIP = "skip"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An article that is ready to be stored: what is done with it, and for whom."""

    fate: Fate
    content: Content
    author: AbstractBaseUser
    article_id: int | None = None  # of an update
    version: int = 0  # the one an update was checked against
    publish: bool = False
    published_at: datetime | None = None


def article_import(*, arrival: Arrival, actor: AbstractBaseUser) -> Article | None:
    """Store it, and publish it when that was asked for, all or nothing; None when there is nothing to do.

    Raises what ``article_create``, ``article_save`` and ``article_publish`` raise.
    """
    if arrival.fate in (Fate.SKIP, Fate.UNCHANGED):
        return None
    with transaction.atomic():
        if arrival.fate is Fate.UPDATE:
            assert arrival.article_id is not None
            return article_save(
                article_id=arrival.article_id, content=arrival.content, version=arrival.version, actor=actor,
                kind=RevisionKind.IMPORT,
            )  # fmt: skip
        return _created(arrival, actor)


def _created(arrival: Arrival, actor: AbstractBaseUser) -> Article:
    # A copy's address is made from its title, as the one it came with is taken.
    content = replace(arrival.content, slug="") if arrival.fate is Fate.COPY else arrival.content
    article = article_create(content=content, author=arrival.author, kind=RevisionKind.IMPORT)
    if not arrival.publish:
        return article
    if arrival.published_at is not None:
        # Kept by the publication as the day it first went out.
        Article.objects.filter(pk=article.pk).update(published_at=arrival.published_at)
    return article_publish(article_id=article.pk, actor=actor)
