"""A Django project with nothing but perfmon, on a Valkey and a database of the benchmark's own."""

from __future__ import annotations

from pathlib import Path

import django
from django.conf import settings


def set_up(folder: Path, valkey_url: str) -> None:
    """Configure Django and make the tables."""
    settings.configure(
        SECRET_KEY="benchmark",
        ROOT_URLCONF="benchmarks.sites.perfmon_urls",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "perfmon"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "collector.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        STATIC_URL="/static/",
        USE_TZ=True,
        PERFMON={"VALKEY_URL": valkey_url},
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
