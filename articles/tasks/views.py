"""What beat asks for: the views that wait."""

from __future__ import annotations

import logging

from celery import shared_task
from redis.exceptions import RedisError

from articles.services.views import views_flush

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True, expires=60)
def views_write() -> None:
    """Write the views of the last minute; when Valkey is away they wait for the next time."""
    try:
        views_flush()
    except RedisError as error:
        logger.warning("Views could not be read from Valkey: %s", error)
