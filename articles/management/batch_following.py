"""Waiting for a batch at the command line: what happens is told as it happens."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from articles.enums import BatchStatus, Priority
from articles.generation.batch_selectors import Progress, batch_progress
from articles.generation.batches import batch_advance
from articles.generation.workers import is_taken_from
from articles.management.batch_telling import Teller
from articles.models import GenerationBatch
from articles.models.generation import OPEN_STATUSES

POLL_S = 0.5
NOBODY_AFTER_S = 5.0
# A row is read again for so long after it ended, as one that ended earlier may be committed later.
_OVERLAP = timedelta(seconds=60)


class Follower:
    """Looks at one batch twice a second."""

    def __init__(self, batch: GenerationBatch, teller: Teller) -> None:
        self._batch = batch
        self._teller = teller
        self._told: set[int] = set()
        self._since = batch.created_at
        self._figures = Progress()
        self._moved_s = time.monotonic()
        self._is_explained = False

    def follow(self) -> bool:
        """Return True when the batch is over, False once Ctrl-C was pressed; a look is finished first."""
        with _interruptions() as asked:
            while not self._is_over():
                batch_advance(self._batch.pk)  # also where nobody keeps the clock
                connection.close_if_unusable_or_obsolete()
                if asked.wait(POLL_S):
                    return False
        return True

    def _is_over(self) -> bool:
        self._batch.refresh_from_db()
        figures = batch_progress(self._batch.pk)
        if figures != self._figures:
            self._moved_s, self._figures, self._is_explained = time.monotonic(), figures, False
        self._teller.progress(figures)
        self._tell_rows()
        if self._batch.finished_at is None:
            self._explain()
        return self._batch.finished_at is not None

    def _tell_rows(self) -> None:
        over = self._batch.jobs.exclude(status__in=OPEN_STATUSES)
        ended = over.filter(finished_at__gte=self._since - _OVERLAP).order_by("row")
        for job in ended.only("row", "status", "parameters", "article", "error", "finished_at"):
            if job.pk not in self._told:
                self._told.add(job.pk)
                self._teller.row(job)
            self._since = max(self._since, job.finished_at or self._since)

    def _explain(self) -> None:
        """Say once why nothing happens."""
        is_still = not self._figures.at_work and time.monotonic() - self._moved_s > NOBODY_AFTER_S
        if self._is_explained or not is_still:
            return
        self._is_explained = True
        if self._batch.status == BatchStatus.PAUSED:
            self._teller.say("Somebody paused the batch; this command waits until it goes on.")
        elif not is_taken_from(Priority.BATCH):
            self._teller.say("No writer worker seems to be running. Start one with: manage.py up (or make run).")


@contextmanager
def _interruptions() -> Iterator[threading.Event]:
    """Take Ctrl-C as a wish: raised within a statement it would leave the connection in the middle of a transaction."""
    asked = threading.Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.set())
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
