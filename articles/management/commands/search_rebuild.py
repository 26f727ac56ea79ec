"""``manage.py search_rebuild``: index every published article anew, or compare the index with them."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from modelsearch.backends import get_search_backend

from articles.caching import ARTICLES
from articles.search.backends.base import BoundedBackend
from articles.search.upkeep import BATCH, index_counts, index_rebuild
from omniwriter.cache import bump


class Command(BaseCommand):
    """Rebuilds or checks the search index."""

    help = "Index every published article anew. Searches and writers go on meanwhile; it may be stopped and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--check", action="store_true", help="Only compare the index with what is published.")
        parser.add_argument("--batch", type=int, default=BATCH, help="Articles in one transaction.")

    def handle(self, *args: Any, check: bool, batch: int, **options: Any) -> None:
        """Rebuild, or compare and fail when something is missing or left over."""
        own = isinstance(get_search_backend(), BoundedBackend)
        if not own and check:
            raise CommandError("--check counts rows of the database; another engine searches here.")
        if batch < 1:
            raise CommandError("--batch must be 1 or more.")
        if check:
            self._check()
        elif own:
            self._rebuild(batch)
        else:
            call_command("rebuild_modelsearch_index", verbosity=options["verbosity"])

    def _rebuild(self, batch: int) -> None:
        shown = -1
        done = 0
        for done, total in index_rebuild(batch=batch):
            percent = 100 * done // total
            if percent // 5 > shown:
                shown = percent // 5
                self.stdout.write(f"{done} of {total} ({percent} %)")
        bump(ARTICLES)  # what was searched before was found in the old index
        self.stdout.write(self.style.SUCCESS(f"{done} articles are indexed."))

    def _check(self) -> None:
        counts = index_counts()
        self.stdout.write(f"{counts.published} published, {counts.indexed} of them indexed, {counts.stale} left over.")
        if counts.indexed != counts.published or counts.stale:
            raise CommandError("The index is not what is published. Run manage.py search_rebuild.")
