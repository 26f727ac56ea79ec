"""The Celery application; its settings stand with the others, in ``CELERY_*``."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omniwriter.settings")

app = Celery("omniwriter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect(dispatch_uid="omniwriter.warm")
def warm_after_deploy(**_: Any) -> None:
    """Have the cache warmed: a worker is started when there is a new release, or when everything is.

    Not by the writer, which is started beside a worker.
    """
    if app.conf.task_default_queue in app.amqp.queues.consume_from:
        app.send_task("articles.tasks.caching.cache_warm")
