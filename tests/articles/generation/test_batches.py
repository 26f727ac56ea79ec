"""Batches: each row ends once, the figures are the table's, a pause holds, whatever comes in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from articles.enums import BudgetScope
from articles.generation import batches, jobs, takeup
from articles.generation.batch_selectors import batch_list, batch_progress, batch_rows
from articles.generation.batches import (
    HANDED_OUT_FOR,
    batch_advance,
    batch_cancel,
    batch_pause,
    batch_resume,
    batch_retry_failed,
    batches_advance,
)
from articles.generation.errors import BudgetError
from articles.models import Budget, GenerationBatch, GenerationJob
from articles.models.generation import HELD_STATUSES
from articles.signals import generation_ended
from tests.articles.at_once import at_once, use_only
from tests.articles.generation.batching import Workers, counted, started

Captured = DjangoCaptureOnCommitCallbacks
ROWS = 5
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Workers:
    """The broker and the workers; a batch has three places."""
    there = Workers()
    settings.GENERATE_PER_USER = 4
    monkeypatch.setattr(batches, "job_enqueue", there.enqueue)
    monkeypatch.setattr(jobs, "job_enqueue", there.enqueue)
    return there


@pytest.fixture
def done(django_capture_on_commit_callbacks: Captured) -> Callable[..., Any]:
    """Do something, and what it leaves for after the commit."""

    def do(task: Callable[..., Any], *args: Any, **given: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return task(*args, **given)

    return do


Done = Callable[..., Any]


def statuses(batch: GenerationBatch) -> list[str]:
    """Return where each row is."""
    return list(batch.jobs.order_by("row").values_list("status", flat=True))


def fresh(batch: GenerationBatch) -> GenerationBatch:
    """Read the batch anew."""
    return GenerationBatch.objects.get(pk=batch.pk)


def test_a_batch_is_a_job_for_each_row_and_only_a_few_are_handed_out(
    author: User, workers: Workers, done: Done
) -> None:
    batch = done(started, author, rows=10)

    assert statuses(batch) == ["queued"] * 10
    assert workers.queue == list(batch.jobs.order_by("row").values_list("pk", flat=True)[:3])
    first = batch.jobs.get(row=1)
    assert (first.subject, first.language, first.priority) == ("Topic 1", "en", 1)


def test_as_one_row_ends_the_next_is_handed_out_and_the_last_ends_the_batch(
    author: User, workers: Workers, done: Done
) -> None:
    batch = done(started, author, rows=5)

    for number in range(5):
        workers.take()
        done(workers.end, "succeeded")
        assert batch_progress(batch.pk).succeeded == number + 1

    assert (fresh(batch).status, statuses(batch)) == ("done", ["succeeded"] * 5)
    assert workers.queue == []


def test_a_double_click_starts_one_batch(author: User, workers: Workers, done: Done) -> None:
    first = done(started, author, request_key="click")
    second = done(started, author, request_key="click")

    assert first.pk == second.pk
    assert GenerationJob.objects.count() == 5
    assert done(started, author, request_key="another").pk != first.pk


def test_a_pause_begins_no_row_and_lets_those_at_work_end(author: User, workers: Workers, done: Done) -> None:
    batch = done(started, author, rows=6)
    workers.take()

    assert done(batch_pause, batch_id=batch.pk)
    assert workers.take() is None
    assert workers.take() is None
    done(workers.end, "succeeded")
    assert workers.queue == []
    assert (fresh(batch).status, batch_progress(batch.pk).done) == ("paused", 1)
    assert not done(batch_pause, batch_id=batch.pk)

    assert done(batch_resume, batch_id=batch.pk)
    assert len(workers.queue) == 3
    assert workers.take() is not None
    assert not done(batch_resume, batch_id=batch.pk)


def test_a_cancellation_ends_what_was_not_begun_and_stops_the_rest(
    author: User, workers: Workers, done: Done, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    batch = done(started, author, rows=40)
    workers.take()

    with django_assert_max_num_queries(16):  # however many rows there are
        assert done(batch_cancel, batch_id=batch.pk)

    assert statuses(batch) == ["running"] + ["cancelled"] * 39
    assert batch.jobs.get(row=1).cancel_requested_at is not None
    assert fresh(batch).finished_at is None
    done(workers.end, "succeeded")
    assert statuses(batch) == ["cancelled"] * 40
    assert (fresh(batch).status, fresh(batch).finished_at is None) == ("cancelled", False)
    assert not done(batch_cancel, batch_id=batch.pk)
    assert not done(batch_resume, batch_id=batch.pk)


def test_failed_rows_are_tried_again_and_others_are_not(author: User, workers: Workers, done: Done) -> None:
    batch = done(started, author, rows=3)
    for status in ("failed", "succeeded", "failed"):
        workers.take()
        done(workers.end, status)
    assert fresh(batch).status == "done"

    assert done(batch_retry_failed, batch_id=batch.pk) == 2
    assert (fresh(batch).status, statuses(batch)) == ("running", ["queued", "succeeded", "queued"])
    assert batch.jobs.get(row=1).error == {}
    for _ in range(2):
        workers.take()
        done(workers.end, "succeeded")
    assert (fresh(batch).status, statuses(batch)) == ("done", ["succeeded"] * 3)
    assert done(batch_retry_failed, batch_id=batch.pk) == 0


def test_a_cancelled_batch_is_not_tried_again(author: User, workers: Workers, done: Done) -> None:
    batch = done(started, author, rows=3)
    workers.take()
    done(workers.end, "failed")
    done(batch_cancel, batch_id=batch.pk)

    assert done(batch_retry_failed, batch_id=batch.pk) == 0
    assert statuses(batch) == ["failed", "cancelled", "cancelled"]


def test_a_task_that_was_lost_is_handed_out_again(author: User, workers: Workers, done: Done) -> None:
    with time_machine.travel(START, tick=False) as clock:
        batch = done(started, author, rows=5)
        workers.queue.clear()
        assert done(batches_advance) == 0

        clock.shift(HANDED_OUT_FOR + timedelta(seconds=1))
        assert done(batches_advance) == 3
        assert workers.queue == list(batch.jobs.order_by("row").values_list("pk", flat=True)[:3])


def test_a_row_that_waits_for_its_provider_keeps_its_place_and_comes_back(
    author: User, workers: Workers, done: Done
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        batch = done(started, author, rows=5)
        workers.take()
        workers.put_off(pause_s=30)
        assert done(batch_advance, batch.pk) == 0

        workers.queue.clear()
        clock.shift(timedelta(seconds=31))
        assert done(batch_advance, batch.pk) == 1


def test_two_batches_of_one_account_share_what_it_may_have_at_work(author: User, workers: Workers, done: Done) -> None:
    done(started, author, rows=5)
    workers.queue.clear()
    second = done(started, author, rows=5)

    assert len(workers.queue) == 1
    assert GenerationJob.objects.get(pk=workers.queue[0]).batch == second


def test_a_budget_that_is_used_up_stores_nothing(author: User, workers: Workers, done: Done) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, jobs_per_day=4)

    with pytest.raises(BudgetError):
        done(started, author, rows=5)
    assert not GenerationBatch.objects.exists()
    assert not GenerationJob.objects.exists()
    done(started, author, rows=4)


def test_lists_take_the_same_few_queries(
    author: User, workers: Workers, done: Done, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [done(started, author, rows=3, request_key=str(number)) for number in range(4)]

    with django_assert_num_queries(2):
        page = batch_list(account=author, limit=3)
    assert [batch.pk for batch, _ in page.batches] == [batch.pk for batch in reversed(made[1:])]
    assert {progress.total for _, progress in page.batches} == {3}
    assert [batch.pk for batch, _ in batch_list(account=author, limit=3, before=page.older).batches] == [made[0].pk]

    with django_assert_num_queries(1):
        rows = batch_rows(batch_id=made[0].pk, limit=2)
        assert [(job.row, job.subject) for job in rows.jobs] == [(1, "Topic 1"), (2, "Topic 2")]
    assert [job.row for job in batch_rows(batch_id=made[0].pk, limit=2, after=rows.onward or 0).jobs] == [3]
    assert batch_rows(batch_id=made[0].pk, limit=2, statuses=["failed"]).jobs == []


STEPS = st.sampled_from(
    [*["take"] * 9, *["succeed"] * 3, "fail", "put off", "twice", "lose", "die", "pause", "resume", "cancel", "retry",
     "later"]
)  # fmt: skip


class Story:
    """Steps in any order, and what must be true after each."""

    def __init__(self, batch: GenerationBatch, workers: Workers, do: Done, clock: Any) -> None:
        self.batch, self.workers, self.do, self.clock = batch, workers, do, clock
        self.ends: Counter[int] = Counter()
        self.retried: Counter[int] = Counter()

    def ended(self, sender: object, *, job_id: int, **_: object) -> None:
        """Count that a job came to an end."""
        self.ends[job_id] += 1

    def step(self, name: str, place: int) -> None:
        """Do one thing, if it can be done now."""
        batch_id = self.batch.pk
        steps: dict[str, Callable[[], object]] = {
            "take": lambda: self.workers.take(place),
            "succeed": lambda: self.do(self.workers.end, "succeeded", place),
            "fail": lambda: self.do(self.workers.end, "failed", place),
            "put off": lambda: self.workers.put_off(place),
            "twice": lambda: self.workers.queue.extend(self.workers.queue[place : place + 1]),
            "lose": lambda: self.workers.queue.__delitem__(slice(place, place + 1)),
            "die": lambda: self.workers.held.__delitem__(slice(place, place + 1)),
            "pause": lambda: self.do(batch_pause, batch_id=batch_id),
            "resume": lambda: self.do(batch_resume, batch_id=batch_id),
            "cancel": lambda: place == 0 and self.do(batch_cancel, batch_id=batch_id),  # or most stories end early
            "retry": self.retry,
            "later": self.later,
        }
        steps[name]()

    def retry(self) -> None:
        """Try again what failed."""
        failed = list(self.batch.jobs.filter(status="failed").values_list("pk", flat=True))
        if self.do(batch_retry_failed, batch_id=self.batch.pk):
            self.retried.update(failed)

    def later(self) -> None:
        """Let all leases run out, and those come by who look after what was lost."""
        self.clock.shift(HANDED_OUT_FOR + timedelta(seconds=1))
        self.workers.held.clear()
        takeup._asked_s.clear()
        self.do(takeup.jobs_take_up)
        self.do(batches_advance)

    def check(self) -> None:
        """Look at what must hold at every moment."""
        batch, found = fresh(self.batch), batch_progress(self.batch.pk)
        assert found == counted(batch)
        assert found.total == ROWS
        assert (batch.finished_at is None) == (found.done < ROWS)
        assert (batch.status == "done") <= (found.done == ROWS)
        unstopped = batch.jobs.filter(status="queued", cancel_requested_at=None)
        assert batch.status != "cancelled" or not unstopped.exists()
        at_work = batch.jobs.filter(status__in=HELD_STATUSES, lease_until__gte=timezone.now())
        assert at_work.count() <= 3

    def finish(self) -> None:
        """Let everything come to its end."""
        self.do(batch_resume, batch_id=self.batch.pk)
        for _ in range(ROWS):
            self.later()
            while self.workers.queue:
                self.workers.take()
            while self.workers.held:
                self.do(self.workers.end, "succeeded")


@hypothesis_settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.tuples(STEPS, st.integers(0, 7)), min_size=25, max_size=60))
def test_whatever_comes_in_which_order_each_row_ends_once_and_the_figures_are_the_tables(
    steps: list[tuple[str, int]], author: User, workers: Workers, done: Done
) -> None:
    workers.queue.clear()
    workers.held.clear()
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        story = Story(done(started, author, rows=ROWS), workers, done, clock)
        generation_ended.connect(story.ended)
        for name, place in steps:
            story.step(name, place)
            story.check()
        story.finish()
        story.check()
        assert fresh(story.batch).finished_at is not None
        for job_id, status in story.batch.jobs.values_list("pk", "status"):
            unheard = status == "cancelled" and story.ends[job_id] == story.retried[job_id]  # stopped in the queue
            assert unheard or story.ends[job_id] == 1 + story.retried[job_id]
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_advance_a_batch_at_once_none_hands_out_too_much(
    postgres_alias: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch, workers: Workers
) -> None:
    use_only(postgres_alias, monkeypatch)
    owner = User.objects.create_user("rosa")
    batch = started(owner, rows=20)
    workers.queue.clear()
    batch.jobs.update(lease_until=None)

    handed_out = at_once(6, lambda: batch_advance(batch.pk), django_db_blocker.unblock)

    assert sum(handed_out) == len(workers.queue) == len(set(workers.queue)) == 3
