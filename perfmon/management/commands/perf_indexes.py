"""``manage.py perf_indexes``: which indexes a database could do without, and which it lacks."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.utils import timezone

from perfmon.indexes.postgres import IsReplicaError
from perfmon.indexes.reports import MIN_DAYS, report_make, report_store
from perfmon.indexes.wording import report_text

TEACHING = f"""\
what is listed on PostgreSQL, each with its figures and the SQL to act on it:
  invalid      a CREATE or REINDEX CONCURRENTLY failed: written to, never read
  foreign key  no index begins with its columns: deleting what it refers to reads the table
  end to end   10,000 rows and more, read whole a hundred times and more
  needless     another index of the table begins with the same columns
  unused       1 MiB and more, 0 scans here and on every replica among DATABASES; neither unique
               nor behind a constraint. Judged once the statistics are {MIN_DAYS} days old

SQLite counts nothing: foreign keys and needless indexes are listed.
Nothing is ever executed. An index that a model declares is removed from the model, then makemigrations.

examples:
  manage.py perf_indexes
  manage.py perf_indexes --database reports --min-days 90
  manage.py perf_indexes --json | jq '.findings[] | select(.kind == "unused") | .sql[]'
  manage.py perf_indexes --store      keep it: the dashboard's page of queries shows the newest
"""


class Command(BaseCommand):
    """Parses arguments; the work is done by ``perfmon.indexes``."""

    help = "List indexes that are unused, needless, invalid or missing, with the evidence. Changes nothing."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add what is listed and the examples to the help text as they are written."""
        parser = super().create_parser(prog_name, subcommand, epilog=TEACHING, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="Alias of the database; a primary.")
        parser.add_argument("--min-days", type=_days, default=MIN_DAYS, help="Days of statistics to judge unused by.")
        parser.add_argument("--json", action="store_true", help="Write JSON.")
        parser.add_argument("--store", action="store_true", help="Keep the report for the dashboard as well.")

    def handle(self, *args: Any, database: str, min_days: int, **options: Any) -> None:
        """Make the report and write it."""
        if database not in connections:
            raise CommandError(f"There is no database {database!r}; DATABASES has: {', '.join(connections)}.")
        now = timezone.now()
        try:
            report = report_make(alias=database, now=now, min_days=min_days)
        except IsReplicaError as error:
            raise CommandError(
                f"{database} is a replica; its indexes are those of its primary. Ask that one."
            ) from error
        except Error as error:
            raise CommandError(f"{database} could not be asked: {error}") from error
        if options["store"]:
            report_store(report, now=now)
        text = (
            orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() + "\n" if options["json"] else report_text(report)
        )
        self.stdout.write(text, ending="")


def _days(text: str) -> int:
    if not text.isdigit() or int(text) > 3650:
        raise ArgumentTypeError("must be a whole number of days from 0 to 3650")
    return int(text)
