"""Saving what came of a conflict between two writers."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from articles.content import Content
from articles.enums import Action, RevisionKind
from articles.models import Article
from articles.services.articles import article_save
from articles.services.trail import audit_record


def conflict_merge(*, article_id: int, content: Content, version: int, actor: AbstractBaseUser) -> Article:
    """Make ``content``, merged with what the article was at ``version``, its next version, and keep that it was merged.

    Raises what ``article_save`` raises, StaleVersionError among it when somebody saved again in the meantime.
    """
    with transaction.atomic():
        article = article_save(
            article_id=article_id, content=content, version=version, actor=actor, kind=RevisionKind.MERGE
        )
        if article.version != version:
            audit_record(article=article, action=Action.MERGE, actor=actor, from_status=article.status)
    return article
