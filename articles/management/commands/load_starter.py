"""``manage.py load_starter``: give a new site its first articles."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from articles.starter import starter_load


class Command(BaseCommand):
    """Loads what is missing, so that it can run at each start."""

    help = "Publish the starter articles, in English and Portuguese, that are not there yet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load them and say how many."""
        loaded = starter_load()
        if options["verbosity"] > 0:
            self.stdout.write(f"{loaded} starter articles published." if loaded else "The starter articles are there.")
