"""How a command tells of a batch: a bar for a person, lines of JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from articles.generation.batch_selectors import Progress as Figures
from articles.generation.wording import error_words
from articles.models import GenerationBatch, GenerationJob

Write = Callable[[str], object]


class Teller(Protocol):
    """Told of everything that happens to a batch while somebody waits for it."""

    def say(self, text: str) -> None:
        """Tell a sentence."""
        ...

    def progress(self, figures: Figures) -> None:
        """Tell how far it is."""
        ...

    def row(self, job: GenerationJob) -> None:
        """Tell that a row is over."""
        ...

    def end(self, batch: GenerationBatch, figures: Figures) -> None:
        """Tell how it ended, or was left."""
        ...


class BarTeller:
    """A bar while it is a terminal, and in any case a line for each row that failed."""

    def __init__(self, stream: Any) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._bar = Progress(
            BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None)

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(text, markup=False)

    def progress(self, figures: Figures) -> None:
        """Move the bar."""
        self._bar.start()
        said = f"{figures.at_work} at work, {figures.failed} failed"
        self._bar.update(self._task, total=figures.total, completed=figures.done, description=said)

    def row(self, job: GenerationJob) -> None:
        """Print a row that failed."""
        if job.error:
            self.say(f"row {job.row:,}: {job.subject}: {failure(job)}")

    def end(self, batch: GenerationBatch, figures: Figures) -> None:
        """Print the sums."""
        self._bar.stop()
        parts = {
            "written": figures.succeeded, "failed": figures.failed, "stopped": figures.cancelled,
            "not begun": figures.queued, "at work": figures.at_work,
        }  # fmt: skip
        said = ", ".join(f"{number:,} {word}" for word, number in parts.items() if number) or "nothing"
        self.say(f"Batch {batch.pk} ({batch.get_status_display().lower()}): {said}.")


class JsonTeller:
    """A line of JSON for each thing that happens; ``type`` says which."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._told: Figures | None = None

    def say(self, text: str) -> None:
        """Write a message."""
        self.write("message", text=text)

    def progress(self, figures: Figures) -> None:
        """Write the figures when they are others."""
        if figures != self._told:
            self._told = figures
            self.write("progress", total=figures.total, **asdict(figures))

    def row(self, job: GenerationJob) -> None:
        """Write what became of a row."""
        self.write(
            "row", row=job.row, job=job.pk, status=job.status, title=job.subject, article=job.article_id,
            error=job.error or None,
        )  # fmt: skip

    def end(self, batch: GenerationBatch, figures: Figures) -> None:
        """Write the sums."""
        self.write("end", batch=batch.pk, status=batch.status, total=figures.total, **asdict(figures))

    def write(self, kind: str, **values: Any) -> None:
        """Write one line."""
        self._write(json.dumps({"type": kind, **values}, ensure_ascii=False, default=str))


def failure(job: GenerationJob) -> str:
    """Return why a job failed, and what the provider said."""
    said = [str(job.error[name]) for name in ("endpoint", "message") if job.error.get(name)]
    return f"{error_words(job.error)} ({': '.join(said)})" if said else error_words(job.error)
