"""Whether anybody takes jobs of generation from their queues."""

from __future__ import annotations

from django.conf import settings
from kombu.exceptions import OperationalError as BrokerError

from articles.enums import Priority
from articles.generation.jobs import QUEUES

_ANSWER_WITHIN_S = 1.0


def is_taken_from(priority: Priority) -> bool:
    """Ask all workers whether one consumes the queue of that urgency; takes a second when none answers.

    Without a broker the process that asks does the work itself.
    """
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return True
    from celery import current_app

    try:
        consumed = current_app.control.inspect(timeout=_ANSWER_WITHIN_S).active_queues() or {}
    except (BrokerError, OSError):
        return False
    return any(queue["name"] == QUEUES[priority] for queues in consumed.values() for queue in queues)
