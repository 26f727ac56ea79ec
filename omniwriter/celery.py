"""The Celery application; its settings stand with the others, in ``CELERY_*``."""

from __future__ import annotations

import gc
import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omniwriter.settings")

app = Celery("omniwriter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect(dispatch_uid="omniwriter.warm")
def warm_up(**_: Any) -> None:
    """Have the cache warmed, as a worker is started when there is a new release, or when everything is.

    The writer, which has queues of its own, imports what its first job would have to wait for, and wakes its model.
    """
    if app.conf.task_default_queue in app.amqp.queues.consume_from:
        app.send_task("articles.tasks.caching.cache_warm")
    else:
        import_module("articles.generation.runner")
        import_module("articles.generation.warming").models_warm()


@worker_shutdown.connect(dispatch_uid="omniwriter.leave")
def leave(**_: Any) -> None:
    """Spare the interpreter its last look for garbage: it takes a second, and all is given back anyway."""
    gc.freeze()
