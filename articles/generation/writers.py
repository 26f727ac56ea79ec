"""What does the work of a generation job: one module a kind of work, named here; and what the runner gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.module_loading import import_string

from articles.enums import GenerationKind
from articles.models import Article, GenerationJob
from articles.providers.base import ChatRequest

#: Which class does which kind of job. Adding a kind is a line here and a module.
WRITERS: dict[str, str] = {
    GenerationKind.ARTICLE: "articles.generation.longform.ArticleWriter",
    GenerationKind.OUTLINE: "articles.generation.outline_writer.OutlineWriter",
    GenerationKind.EDIT: "articles.generation.passages.PassageWriter",
    GenerationKind.SUGGEST: "articles.generation.suggesting.SuggestionWriter",
    GenerationKind.TEST: "articles.generation.passages.TestWriter",
}

#: Looks at a section as it grows; returns after how many characters to cut it, or None while it is good.
Guard = Callable[[str], int | None]

#: Is shown an answer as it grows: all of it so far.
Seen = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of text that was streamed. ``finish`` is ``stop``, ``length`` or ``cut``."""

    text: str
    finish: str

    @property
    def is_cut(self) -> bool:
        """Whether the guard ended it."""
        return self.finish == "cut"


@dataclass(frozen=True, slots=True)
class Result:
    """What a job came to: Markdown for ``job.text``, and values for ``job.result``."""

    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)


class Pen(Protocol):
    """What the runner gives a writer: calls of a provider, booked and failed over, and words to the viewers.

    Every method raises what ends this runner's time with the job (cancelled, lease lost, handed over, a failed call);
    a writer catches none of that. Sections are counted from 1.
    """

    @property
    def job(self) -> GenerationJob:
        """The job; its ``state`` is the last checkpoint."""
        ...

    def stage(self, stage: str, *, section: int = 0, sections: int = 0, title: str = "") -> None:
        """Say what is being written: ``outline``, ``section``, ``suggestions``, ``edit`` or ``test``."""
        ...

    def outline(self, titles: list[str]) -> None:
        """Show the sections that are to come."""
        ...

    def ask(self, request: ChatRequest, *, purpose: str, seen: Seen | None = None) -> str:
        """Return a whole answer that viewers don't see grow; ``seen`` is shown what there is of it meanwhile."""
        ...

    def write(self, request: ChatRequest, *, purpose: str, section: int = 1, guard: Guard | None = None) -> Written:
        """Stream an answer into a section; a section that had words already is begun anew."""
        ...

    def trim(self, section: int, text: str) -> None:
        """Replace a section's streamed words by ``text``, which is how they are kept (cleaned, cut)."""
        ...

    def note(self, code: str, **values: Any) -> None:
        """Leave a note for the editor, such as ``repetition_cut``; see ``generation.wording`` for the words."""
        ...

    def keep(self, state: dict[str, Any], text: str) -> None:
        """Store a checkpoint: what a later runner goes on from, and the text so far."""
        ...


class Writer(Protocol):
    """Does the work of one job; made without arguments. It goes on from ``pen.job.state`` when that is not empty."""

    def write(self, pen: Pen) -> Result:
        """Write it all."""
        ...

    def finish(self, job: GenerationJob, result: Result) -> Article | None:
        """Make what comes of it, in the transaction that ends the job; return the article it made, if any."""
        ...


def writer_for(kind: str) -> Writer:
    """Return a new writer of that kind of job."""
    writer: Writer = import_string(WRITERS[kind])()
    return writer


def seed_of(job: GenerationJob, section: int, attempt: int) -> int:
    """Return a seed of the job's own, so that a runner that goes on asks as the first would have."""
    return (job.pk * 1_009 + section * 31 + attempt * 7_919) % 2**31
