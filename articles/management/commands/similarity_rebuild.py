"""``manage.py similarity_rebuild``: compute anew by which articles are found alike."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from articles.services.similarity import bands_rebuild


class Command(BaseCommand):
    """Goes through the public articles, a hundred at a time."""

    help = (
        "Compute the similarity bands of all public articles anew. Publishing keeps them up to date; run this after a "
        "restore of the database, after rows were written past the services, or when a release changes the shingles."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the option that leaves alone what is there."""
        parser.add_argument("--missing", action="store_true", help="Only articles that have none.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild and say how many."""
        loud = options["verbosity"] > 1
        done = bands_rebuild(
            only_missing=options["missing"],
            progress=(lambda count: self.stdout.write(f"{count} articles")) if loud else None,
        )
        if options["verbosity"] > 0:
            self.stdout.write(f"Similarity bands stored for {done} articles.")
