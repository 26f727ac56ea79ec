"""What does the work of a bulk job: one module a kind of work, named here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypedDict

from django.utils.module_loading import import_string

from articles.enums import BulkKind
from articles.models import BulkJob

#: Which class does which kind of job. Adding a kind is a line here and a module.
HANDLERS: dict[str, str] = {
    BulkKind.PUBLISH: "articles.bulk.steps.Publish",
    BulkKind.UNPUBLISH: "articles.bulk.steps.Unpublish",
    BulkKind.ARCHIVE: "articles.bulk.steps.Archive",
    BulkKind.RESTORE: "articles.bulk.steps.Restore",
    BulkKind.EXPORT_ZIP: "articles.bulk.exporting.ExportZip",
    BulkKind.EXPORT_CSV: "articles.bulk.exporting.ExportCsv",
    BulkKind.IMPORT: "articles.bulk.importing.Import",
}


class Failure(TypedDict, total=False):
    """What went wrong with one item, in words for its owner; ``id`` is an article's, ``file`` a name in an archive."""

    id: int
    title: str
    file: str
    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item; without failures it went well.

    ``position`` is kept with it: a job that is taken up again finds the last one in ``job.position``.
    """

    position: int = 0
    failures: tuple[Failure, ...] = ()


class BulkError(Exception):
    """The job as a whole can't be done; the text is shown to its owner."""


class Handler(Protocol):
    """Does the work of one job; made without arguments.

    With ``resumable``, each item is worked on in a transaction that the runner opens and that also stores its outcome:
    an item is done exactly once, however often the task is delivered, and ``steps`` goes on after ``job.position``.
    A handler must therefore not hold a cursor over a step. Without, the job starts from nothing each time, and nothing
    it does may harm when done twice; it writes ``job.file`` before it ends. In both, work that is given up closes the
    generator, so clean up in ``finally``.
    """

    resumable: bool

    def total(self, job: BulkJob) -> int:
        """Return how many items there are."""
        ...

    def steps(self, job: BulkJob) -> Iterator[Outcome]:
        """Work on one item after another. Raises BulkError when none can be."""
        ...


def handler_for(kind: str) -> Handler:
    """Return a new handler of that kind of job."""
    handler: Handler = import_string(HANDLERS[kind])()
    return handler
