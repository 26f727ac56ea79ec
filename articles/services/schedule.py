"""What the site does by itself when its moment has come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.enums import Status
from articles.exceptions import ArticleError
from articles.models import Article
from articles.services.publishing import article_publish, article_unpublish

logger = logging.getLogger(__name__)
BATCH = 200


def schedule_run() -> int:
    """Publish what is due and take off what has ended; return how many articles changed.

    One that can't be published stays scheduled and is logged; the others go on.
    """
    now = timezone.now()
    due = Article.objects.filter(status=Status.SCHEDULED, publish_at__lte=now).order_by("publish_at")
    ended = Article.objects.filter(status=Status.PUBLISHED, unpublish_at__lte=now).order_by("unpublish_at")
    return _each(due.values_list("pk", flat=True)[:BATCH], article_publish) + _each(
        ended.values_list("pk", flat=True)[:BATCH], article_unpublish
    )


def _each(ids: Iterable[int], step: Callable[..., Article]) -> int:
    changed = 0
    for pk in list(ids):
        try:
            step(article_id=pk, actor=None)
            changed += 1
        except (ArticleError, ValidationError, Article.DoesNotExist) as error:
            logger.warning("Article %d could not follow its schedule: %s", pk, error)
    return changed
