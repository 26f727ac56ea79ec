"""``manage.py images_rebuild``: make the image files that are missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.services.image_encoding import images_rebuild


class Command(BaseCommand):
    """Makes what is missing, so that it can run at any time; ``--again`` makes everything anew."""

    help = "Make the files of images that are missing; with --again all of them, as after a change of quality."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--again``."""
        parser.add_argument("--again", action="store_true", help="make files that are there, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them and say how many; fails when an image has lost its source."""
        result = images_rebuild(again=options["again"])
        if options["verbosity"] > 0:
            self.stdout.write(f"{result.files} files made for {result.images} images.")
        if result.lost:
            raise CommandError(f"Their source is lost, upload them again: {', '.join(result.lost)}")
