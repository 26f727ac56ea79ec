"""``manage.py articles_import``: store the articles of a file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.access import PUBLISH
from articles.management.commands.articles_export import ExampleFormatter, account_named
from articles.portability.archive import COMMAND
from articles.portability.importing import Import
from articles.portability.planning import Existing, Planned, Wishes
from articles.portability.source import FaultError
from articles.services.articles import may_create

EXAMPLES = """
examples:
  manage.py articles_import --as-user ana --dry-run backup.zip
  manage.py articles_import --as-user ana --existing update --publish backup.zip
  manage.py articles_import --as-user clarice on-lamps.md

Each article is stored whole or not at all, so a run that was cut off is simply repeated: what is there already is left
alone. Faults are told as file:line: field: what it is and how to mend it; with any, the exit code is 1.
"""


class Command(BaseCommand):
    """Reads ZIP archives, single Markdown files and CSV tables."""

    help = "Store the articles of a ZIP archive, a Markdown file or a CSV table, as drafts." + "\n" + EXAMPLES

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Leave the examples of the help as they are written."""
        return super().create_parser(prog_name, subcommand, formatter_class=ExampleFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, the account and how to deal with what is there."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--as-user", required=True, metavar="NAME", help="Whose articles they become; its rights hold."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and store nothing.")
        parser.add_argument(
            "--existing", choices=list(Existing), default=Existing.SKIP,
            help="When an article has the slug: skip it (default), update it as a new revision, or import a copy.",
        )  # fmt: skip
        parser.add_argument(
            "--publish", action="store_true",
            help="Publish new articles that the file says are published; the account must be allowed to.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what became of each article that was not left alone."""
        account: Any = account_named(options["as_user"])
        if not may_create(account):
            raise CommandError(f"{options['as_user']} may not write articles. Add the account to the group Writers.")
        if options["publish"] and not account.has_perm(PUBLISH):
            raise CommandError(f"{options['as_user']} may not publish. Leave --publish out, or choose an editor.")
        wishes = Wishes(Existing(options["existing"]), publish=options["publish"])
        path = options["file"]
        try:
            with Import(path, path.name, account, wishes, COMMAND) as imported:
                self._import(imported, is_dry=options["dry_run"], loud=options["verbosity"] > 0)
        except FaultError as error:
            raise CommandError("\n".join(map(str, error.faults))) from None
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror or error}.") from None

    def _import(self, imported: Import, *, is_dry: bool, loud: bool) -> None:
        fates: Counter[str] = Counter()
        for planned in imported.planned():
            faults = planned.faults if is_dry else imported.store(planned)
            fates["faulty" if faults else str(planned.fate)] += 1
            for fault in faults:
                self.stderr.write(str(fault))
            if loud and not faults:
                self._tell(planned)
        figures = ", ".join(f"{count} {WORDS[fate]}" for fate, count in fates.items()) or "no articles"
        self.stdout.write(f"{'Dry run, nothing stored' if is_dry else 'Done'}: {figures}.")
        if fates["faulty"]:
            raise CommandError("Mend the lines above and run it again; what is stored already is left alone.")

    def _tell(self, planned: Planned) -> None:
        self.stdout.write(f"{planned.file}:{planned.line}: {planned.fate}: {planned.title}")


WORDS = {
    "create": "new", "update": "updated", "copy": "copied", "skip": "skipped", "unchanged": "the same already",
    "faulty": "with faults",
}  # fmt: skip
