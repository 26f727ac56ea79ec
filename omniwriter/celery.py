"""The Celery application; its settings stand with the others, in ``CELERY_*``."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omniwriter.settings")

app = Celery("omniwriter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
