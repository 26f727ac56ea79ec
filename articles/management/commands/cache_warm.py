"""``manage.py cache_warm``: make ready what most readers begin with, after a deploy or after the cache was emptied."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from articles.warming import warm


class Command(BaseCommand):
    """Makes the hottest results anew and says how long each took."""

    help = (
        "Read the lists that most readers begin with and keep them in the cache. Run it after a deploy; the scheduler "
        "does the same every four minutes. Readers are served as usual meanwhile."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Warm, a line for each result."""
        durations_ms = []
        for what, duration_ms in warm():
            durations_ms.append(duration_ms)
            self.stdout.write(f"{duration_ms:8.1f} ms  {what}")
        self.stdout.write(self.style.SUCCESS(f"{len(durations_ms)} results are ready, in {sum(durations_ms):.0f} ms."))
