"""``manage.py generate_articles``: have the articles of a file written, and wait for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from articles.enums import BatchStatus, GenerationKind, Language, Priority
from articles.generation import choices
from articles.generation.batch_selectors import batch_progress, categories_by_name
from articles.generation.batches import batch_advance, batch_pause, batch_resume, batch_retry_failed, batch_start
from articles.generation.errors import BudgetError
from articles.generation.estimates import Estimate, estimate
from articles.generation.planning import Common, Plan, plan_rows
from articles.generation.rows import RowsError, rows_of_file
from articles.generation.workers import is_taken_from
from articles.management.batch_following import Follower
from articles.management.batch_telling import BarTeller, JsonTeller, Teller
from articles.management.commands.articles_export import ExampleFormatter, account_named
from articles.models import Category, GenerationBatch, PromptTemplate, PromptVersion
from articles.services.articles import may_create

EXAMPLES = """
examples:
  manage.py generate_articles topics.txt --owner ana --dry-run
  manage.py generate_articles topics.txt --owner ana --words 400 --category home
  manage.py generate_articles rows.csv --owner ana --json > log.jsonl
  printf 'On lamps\\nOn chairs\\n' | manage.py generate_articles - --owner ana
  manage.py generate_articles --resume 12
  manage.py generate_articles --resume 12 --retry-failed

A .txt has one topic a line. The first line of a .csv names its columns: title, brief, tone, words, language, audience,
keywords (parted by ; or |), category (a slug or a name). A title is enough. Each row becomes a draft; rows with faults
are told and left out. The writer worker does the work, so Ctrl-C loses nothing: it pauses the batch and says how to go
on.

exit codes: 0 all rows written; 1 some failed, were stopped or left out; 2 nothing was started; 130 paused by Ctrl-C
"""
_FAILED, _USAGE, _INTERRUPTED = 1, 2, 130


class Command(BaseCommand):
    """Starts a batch, or goes on with one, and follows it to its end."""

    help = "Have the articles of a file written as drafts by the connected language models." + "\n" + EXAMPLES

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Leave the examples of the help as they are written."""
        return super().create_parser(prog_name, subcommand, formatter_class=ExampleFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, whose articles they are, and what all rows have in common."""
        parser.add_argument("file", nargs="?", help="A .txt or .csv; - for topics on standard input.")
        parser.add_argument("--owner", metavar="NAME", help="Whose drafts they become; its rights and budget hold.")
        parser.add_argument("--category", metavar="SLUG", help="Of rows that name none.")
        parser.add_argument("--language", choices=Language.values, default=Language.ENGLISH.value)
        parser.add_argument("--tone", choices=list(choices.TONES), default=choices.DEFAULT_TONE)
        parser.add_argument("--words", type=int, default=choices.DEFAULT_WORDS, help="Of each article, about.")
        parser.add_argument("--template", metavar="NAME", help="A prompt; its own variables may be columns of a table.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be made and what it costs, no more.")
        parser.add_argument("--no-wait", action="store_true", help="Start it and leave it to the worker.")
        parser.add_argument("--json", action="store_true", help="A line of JSON for each thing that happens.")
        parser.add_argument("--resume", type=int, metavar="ID", help="Go on with a batch, and wait for it.")
        parser.add_argument("--retry-failed", action="store_true", help="With --resume: try failed rows again.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start or go on, follow, and exit with what came of it."""
        translation.activate("en")  # the words of commands
        teller: Teller = JsonTeller(self.stdout.write) if options["json"] else self._bar()
        if options["resume"] is not None:
            batch = _resumed(options["resume"], teller, retry=options["retry_failed"])
        else:
            started = self._start(options, teller)
            if started is None:
                return
            batch = started
        if options["no_wait"]:
            _leave(batch, teller)
            return
        sys.exit(_followed(batch, teller))

    def _bar(self) -> BarTeller:
        self.stdout.ending = ""  # the bar ends its lines itself
        return BarTeller(self.stdout)

    def _start(self, options: dict[str, Any], teller: Teller) -> GenerationBatch | None:
        account = _account(options["owner"])
        name, data = _given(options["file"])
        prompt = _prompt(options["template"])
        common = Common(
            tone=options["tone"], words=options["words"], language=options["language"],
            category_id=_category(options["category"]),
        )  # fmt: skip
        try:
            rows = rows_of_file(data, name, list(prompt.variables) if prompt else [])
        except RowsError as error:
            raise CommandError(f"{name}: {error}", returncode=_USAGE) from None
        plan = plan_rows(rows, common, categories_by_name())
        _tell_plan(plan, estimate(plan.planned), teller)
        if options["dry_run"]:
            sys.exit(_FAILED if plan.refused else 0)
        if not plan.planned:
            raise CommandError("No row can be written as it is. Mend the rows above.", returncode=_USAGE)
        try:
            batch = batch_start(
                owner=account, name=name, planned=plan.planned, refused=plan.refused, category_id=common.category_id,
                common={"tone": common.tone, "words": common.words, "language": common.language},
                prompt_version=prompt,
            )  # fmt: skip
        except BudgetError as error:
            raise CommandError(f"Nothing was started. {error}", returncode=_USAGE) from None
        teller.say(f"Batch {batch.pk} is started.")
        return batch


def _tell_plan(plan: Plan, expected: Estimate, teller: Teller) -> None:
    for note in plan.notes:
        teller.say(note)
    for fault in plan.refused:
        teller.say(str(fault))
    for language, number in expected.unwritten.items():
        teller.say(
            f"No connected model writes {language}, so {number:,} rows would fail. Connect one, or leave them out."
        )
    if plan.doubles:
        teller.say(f"{plan.doubles:,} rows say what an earlier row says.")
    cost = "nothing" if expected.is_free else f"US$ {expected.least:.4f} to {expected.most:.4f}"
    teller.say(
        f"{len(plan.planned):,} articles, {len(plan.refused):,} rows left out, about {expected.tokens_out:,} tokens, "
        f"cost: {cost}."
    )


def _followed(batch: GenerationBatch, teller: Teller) -> int:
    """Tell of a batch until it is over; return the exit code. Ctrl-C pauses it."""
    if not Follower(batch, teller).follow():
        batch_pause(batch_id=batch.pk)
        batch.refresh_from_db()
        teller.end(batch, batch_progress(batch.pk))
        teller.say(
            f"Paused; rows at work are still finished. Go on with: manage.py generate_articles --resume {batch.pk}"
        )
        return _INTERRUPTED
    figures = batch_progress(batch.pk)
    teller.end(batch, figures)
    if figures.failed:
        teller.say(f"Try failed rows again with: manage.py generate_articles --resume {batch.pk} --retry-failed")
    return _FAILED if figures.succeeded < figures.total or batch.refused else 0


def _resumed(batch_id: int, teller: Teller, *, retry: bool) -> GenerationBatch:
    batch = GenerationBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        raise CommandError(f"There is no batch {batch_id}.", returncode=_USAGE)
    if batch.status == BatchStatus.CANCELLED:
        raise CommandError(f"Batch {batch_id} was cancelled. Start its rows anew.", returncode=_USAGE)
    if retry:
        teller.say(f"{batch_retry_failed(batch_id=batch_id):,} rows are tried again.")
    batch_resume(batch_id=batch_id)
    batch_advance(batch_id)
    return batch


def _leave(batch: GenerationBatch, teller: Teller) -> None:
    teller.end(batch, batch_progress(batch.pk))
    if settings.CELERY_TASK_ALWAYS_EAGER:
        teller.say(f"Without Valkey nobody else does the work. Wait for it with --resume {batch.pk}.")
    elif not is_taken_from(Priority.BATCH):
        teller.say("No writer worker seems to be running. The batch begins when one is: manage.py up (or make run).")


def _account(name: str | None) -> Any:
    if not name:
        raise CommandError("--owner says whose drafts they become, as in --owner ana.", returncode=_USAGE)
    account = account_named(name)
    if not may_create(account):
        raise CommandError(f"{name} may not write articles. Add the account to the group Writers.", returncode=_USAGE)
    return account


def _given(file: str | None) -> tuple[str, bytes]:
    if not file:
        raise CommandError("Give a file, or - for topics on standard input.", returncode=_USAGE)
    if file == "-":
        return "topics.txt", sys.stdin.buffer.read()
    path = Path(file)
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror or error}.", returncode=_USAGE) from None


def _prompt(name: str | None) -> PromptVersion | None:
    if not name:
        return None
    templates = PromptTemplate.objects.filter(kind=GenerationKind.ARTICLE, is_archived=False)
    found = PromptVersion.objects.filter(template__in=templates, template__name=name).order_by("-number").first()
    if found is None:
        names = ", ".join(repr(known) for known in templates.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no prompt {name!r}. There are: {names}.", returncode=_USAGE)
    return found


def _category(slug: str | None) -> int | None:
    if not slug:
        return None
    found = Category.objects.filter(slug=slug).first()
    if found is None:
        names = ", ".join(Category.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no category {slug!r}. There are: {names}.", returncode=_USAGE)
    pk: int = found.pk
    return pk
