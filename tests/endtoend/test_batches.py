"""A batch of a hundred prompts by the command, with the real writer worker: interrupted, gone on with, tried again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from articles.enums import CallOutcome
from articles.generation.batch_selectors import Progress, batch_progress
from articles.models import Article, GenerationBatch, GenerationJob, ProviderCall
from tests.articles.generation.batching import counted
from tests.fixtures.site import ROOT
from tests.fixtures.writing import Writing
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)
ROWS = 100


@pytest.fixture
def owner(transactional_db: None) -> User:
    """Whose drafts they become."""
    return User.objects.create_superuser("ana", password="a long password")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table of a hundred topics, and two rows with faults."""
    path = tmp_path / "rows.csv"
    rows = [f"Topic {number},100" for number in range(1, ROWS + 1)]
    path.write_text("\n".join(["title,words", *rows, "Too short,5", "Too long,9999"]))
    return path


class Command:
    """``manage.py generate_articles`` in a process of its own, its lines read as they come."""

    def __init__(self, writing: Writing, *arguments: object) -> None:
        self.lines: list[dict[str, Any]] = []
        command = [sys.executable, "manage.py", "generate_articles", "--json", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **writing.env}, stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as said:
            self.lines.extend(json.loads(line) for line in said)

    def exit_code(self) -> int:
        """Wait for its end."""
        code = self.process.wait(240)
        self._reader.join()
        return code

    def of_type(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of one type."""
        return [line for line in self.lines if line["type"] == name]


@contextmanager
def watched(batch: GenerationBatch) -> Iterator[list[Progress]]:
    """Count the jobs one by one all the while, beside the figures that everybody sees; yields those."""
    seen: list[Progress] = []
    stop = threading.Event()
    wrong: list[tuple[Progress, Progress]] = []

    def watch() -> None:
        while not stop.wait(0.05):
            with transaction.atomic():  # nothing is written meanwhile
                shown, true = batch_progress(batch.pk), counted(batch)
            seen.append(shown)
            if shown != true:
                wrong.append((shown, true))
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    yield seen
    stop.set()
    thread.join()
    assert wrong == []


def test_a_hundred_rows_are_each_written_once_whatever_is_done_to_the_command(
    writing: Writing, owner: User, file: Path
) -> None:
    writing.provider.fail("refuse", times=4)
    first = Command(writing, file, "--owner", "ana")
    eventually(lambda: GenerationJob.objects.filter(status="succeeded").count() >= 10, within_s=120)

    batch = GenerationBatch.objects.get()
    with watched(batch) as seen:
        first.process.send_signal(signal.SIGINT)
        assert first.exit_code() == 130
        batch.refresh_from_db()
        assert batch.status == "paused"
        eventually(lambda: batch_progress(batch.pk).at_work == 0)
        held = batch_progress(batch.pk)
        assert held.done < ROWS

        second = Command(writing, "--resume", batch.pk)
        assert second.exit_code() == 1  # four failed
        assert batch_progress(batch.pk) == Progress(succeeded=ROWS - 4, failed=4)
        third = Command(writing, "--resume", batch.pk, "--retry-failed")
        assert third.exit_code() == 1  # two rows had been left out

    assert batch_progress(batch.pk) == Progress(succeeded=ROWS)
    assert Article.objects.count() == ROWS
    assert sorted(batch.jobs.values_list("row", flat=True)) == list(range(1, ROWS + 1))
    assert [fault["row"] for fault in batch.refused] == [101, 102]
    assert not ProviderCall.objects.filter(outcome=CallOutcome.OPEN).exists()
    assert ProviderCall.objects.count() == len(writing.provider.chats)
    told = {line["row"] for command in (first, second, third) for line in command.of_type("row")}
    assert told == set(range(1, ROWS + 1))
    print(f"{len(seen)} looks, {len(set(seen))} different, {ProviderCall.objects.count()} calls")
