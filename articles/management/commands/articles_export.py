"""``manage.py articles_export``: write articles into a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter

from articles.bulk.selection import Selection
from articles.enums import Language, Status
from articles.models import Category
from articles.portability.exporting import Choice, Export

EXAMPLES = """
examples:
  manage.py articles_export --as-user ana backup.zip
  manage.py articles_export --as-user ana --format csv --status published list.csv
  manage.py articles_export --as-user clarice --mine --no-images - > mine.zip

The file holds what the account may read. Import it again with manage.py articles_import.
"""


class ExampleFormatter(DjangoHelpFormatter):
    """Keeps the lines of a help text's examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text


class Command(BaseCommand):
    """Streams: memory holds one article at a time."""

    help = "Write articles into a ZIP archive of Markdown files, or a CSV table." + "\n" + EXAMPLES

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Leave the examples of the help as they are written."""
        return super().create_parser(prog_name, subcommand, formatter_class=ExampleFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, the account and the choice of articles."""
        parser.add_argument("file", help="Where to write; - for standard output. A file that is there is not touched.")
        parser.add_argument("--as-user", required=True, metavar="NAME", help="Export what this account may read.")
        parser.add_argument("--format", choices=["zip", "csv"], help="Default: what the file's ending says, else zip.")
        parser.add_argument("--status", choices=Status.values)
        parser.add_argument("--language", choices=Language.values)
        parser.add_argument("--category", metavar="SLUG")
        parser.add_argument("--ids", metavar="1,2,3", help="Only these articles.")
        parser.add_argument("--mine", action="store_true", help="Only the account's own.")
        parser.add_argument("--live", action="store_true", help="What readers see, without changes behind it.")
        parser.add_argument("--no-images", action="store_true", help="Name images, and leave their files out.")
        parser.add_argument("--bom", action="store_true", help="Begin a table with a byte order mark, for Excel.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say how many articles are in it."""
        account = account_named(options["as_user"])
        choice = Choice(pending=not options["live"], images=not options["no_images"], bom=options["bom"])
        export = Export(_selection(options, account).articles(), account, choice)
        is_table = (options["format"] or ("csv" if options["file"].endswith(".csv") else "zip")) == "csv"
        chunks = export.csv() if is_table else export.zip()
        if options["file"] == "-":
            _pour(chunks, sys.stdout.buffer)
            return
        path = Path(options["file"])
        _write(chunks, path)
        self.stdout.write(f"{export.articles.count()} articles written to {path}.")


def account_named(name: str) -> AbstractBaseUser:
    """Return the active account; raises CommandError when there is none of this name."""
    try:
        return get_user_model().objects.get(username=name, is_active=True)
    except get_user_model().DoesNotExist:
        raise CommandError(f"There is no active account {name!r}. manage.py createsuperuser makes one.") from None


def _selection(options: dict[str, Any], account: AbstractBaseUser) -> Selection:
    if options["ids"]:
        try:
            return Selection(ids=tuple(int(pk) for pk in options["ids"].split(",")))
        except ValueError:
            raise CommandError("--ids takes numbers with commas between them, as in --ids 1,2,3.") from None
    filters: dict[str, Any] = {name: [options[name]] for name in ("status", "language") if options[name]}
    if options["mine"]:
        filters["author_id"] = [str(account.pk)]
    if options["category"]:
        found = Category.objects.filter(slug=options["category"]).first()
        if found is None:
            names = ", ".join(Category.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no category {options['category']!r}. There are: {names}.")
        filters["category_id"] = [str(found.pk)]
    return Selection(filters=filters)


def _write(chunks: Iterable[bytes], path: Path) -> None:
    begun = path.with_name(f".{path.name}.part")
    if path.exists():
        raise CommandError(f"{path} is there already. Choose another name, or remove it.")
    try:
        with begun.open("wb") as file:
            _pour(chunks, file)
        begun.rename(path)
    except OSError as error:
        raise CommandError(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        begun.unlink(missing_ok=True)


def _pour(chunks: Iterable[bytes], sink: Any) -> None:
    for chunk in chunks:
        sink.write(chunk)
