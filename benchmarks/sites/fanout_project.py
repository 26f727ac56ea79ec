"""The project that both Channels servers of the fan-out benchmark run: perfmon, users, sessions, SQLite, Valkey."""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.conf import settings

PATH = "/ws/perfmon/"
TOPIC, STUCK_TOPIC = "overview/5m", "overview/1h"
GROUP = "frames"


def set_up() -> None:
    """Configure Django from ``FANOUT_FOLDER`` and ``FANOUT_VALKEY``."""
    valkey_url = os.environ["FANOUT_VALKEY"]
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["127.0.0.1"],
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "perfmon"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": Path(os.environ["FANOUT_FOLDER"]) / "fanout.sqlite3",
                "OPTIONS": {"timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        STATIC_URL="/static/",
        CHANNEL_LAYERS={
            "default": {
                "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
                "CONFIG": {"hosts": [valkey_url]},
            }
        },
        PERFMON={"VALKEY_URL": valkey_url, "LOCAL_COLLECTOR": False},
    )
    django.setup()


def make_token() -> str:
    """Make the tables and a token that may subscribe; return its raw text."""
    from django.core.management import call_command
    from django.db import connection

    from perfmon.tokens import token_create

    call_command("migrate", verbosity=0)
    _token, raw = token_create(name="benchmark", scopes=["live:read"])
    connection.close()
    return raw
