"""``manage.py articles_fake``: fill a site with made-up articles, or take them away again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.caching import LISTS
from articles.fake.making import fake_count, fake_make, fake_remove
from articles.fake.words import VOCABULARIES
from omniwriter.cache import bump

_MOST = 10_000_000
_LOCAL = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}


class Command(BaseCommand):
    """Makes or removes articles, and says how far it is."""

    help = "Store made-up articles, most of them published, to see how the site does with many."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("count", type=int, nargs="?", default=1000, help="How many (1000).")
        parser.add_argument("--language", choices=sorted(VOCABULARIES), help="Only in this one; both without.")
        parser.add_argument("--seed", type=int, default=1, help="Another number writes other texts (1).")
        parser.add_argument("--revisions", action="store_true", help="Also keep the first revision of each.")
        parser.add_argument("--remove", action="store_true", help="Delete all that were made, and nothing else.")
        parser.add_argument("--yes", action="store_true", help="Do it on a site that others can reach, too.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, make or remove, and say what to do next."""
        if not 1 <= options["count"] <= _MOST:
            raise CommandError(f"Give a number from 1 to {_MOST}.")
        self._refuse_in_production(is_sure=options["yes"])
        if options["remove"]:
            self._tell(fake_remove(), fake_count(), "removed")
        else:
            languages = (options["language"],) if options["language"] else tuple(sorted(VOCABULARIES))
            making = fake_make(
                options["count"], languages=languages, seed=options["seed"], revisions=options["revisions"]
            )
            self._tell(making, options["count"], "made")
        bump(*LISTS)
        self.stdout.write("Now bring the search index up to date: manage.py search_rebuild")

    def _refuse_in_production(self, *, is_sure: bool) -> None:
        is_reachable = not settings.DEBUG and not set(settings.ALLOWED_HOSTS) <= _LOCAL
        if is_reachable and not is_sure:
            hosts = ", ".join(settings.ALLOWED_HOSTS)
            raise CommandError(f"This site answers to {hosts}, where readers would see them. Add --yes to go on.")

    def _tell(self, work: Iterator[int], total: int, what: str) -> None:
        started, done, told_at = time.monotonic(), 0, 0.0
        for done in work:
            if self.stdout.isatty() and time.monotonic() - told_at > 1:
                told_at = time.monotonic()
                self.stdout.write(f"\r{done} of {total} {what}", ending="")
                self.stdout.flush()
        took_s = time.monotonic() - started
        self.stdout.write(self.style.SUCCESS(f"\r{done} articles {what} in {took_s:.1f} s."))
