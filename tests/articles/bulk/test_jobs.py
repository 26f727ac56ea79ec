"""Bulk jobs: each item once, whatever becomes of the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from articles.bulk import handlers
from articles.bulk.handlers import BulkError, Failure, Outcome
from articles.bulk.jobs import LEASE, MAX_FAILURES_KEPT, job_cancel, job_run, job_start, jobs_resume
from articles.bulk.selection import Selection
from articles.enums import BulkKind, JobStatus
from articles.models import Article, AuditEntry, BulkJob
from tests.articles.at_once import at_once, use_only
from tests.waiting import eventually

Make = Callable[..., Article]


@pytest.fixture
def owner(db: None) -> User:
    """Somebody who may publish anything."""
    return User.objects.create_superuser("ana", password="a long password")


@pytest.fixture
def job(owner: User) -> Callable[..., BulkJob]:
    """Store a job that nobody works on yet."""

    def make(kind: BulkKind = BulkKind.PUBLISH, ids: list[int] | None = None, **parameters: Any) -> BulkJob:
        given = Selection(ids=tuple(ids)).to_json() if ids is not None else parameters
        return BulkJob.objects.create(kind=kind, owner=owner, parameters=given)

    return make


class Numbers:
    """Counts to ten, in memory only; ``after_step`` is called with each number before it is told."""

    resumable = True
    after_step: Callable[[int], None] = staticmethod(lambda number: None)
    seen: list[int] = []

    def total(self, job: BulkJob) -> int:
        return 10

    def steps(self, job: BulkJob) -> Iterator[Outcome]:
        for number in range(job.position + 1, 11):
            self.seen.append(number)
            type(self).after_step(number)
            yield Outcome(position=number)


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> type[Numbers]:
    """A handler in the place of imports."""
    monkeypatch.setitem(handlers.HANDLERS, BulkKind.IMPORT, f"{__name__}.Numbers")
    monkeypatch.setattr(Numbers, "seen", [])
    monkeypatch.setattr(Numbers, "after_step", staticmethod(lambda number: None))
    return Numbers


def test_a_job_is_worked_on_once_its_transaction_is_committed(
    owner: User, draft: Make, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    articles = [draft("One"), draft("Two")]

    with django_capture_on_commit_callbacks(execute=True):
        started = job_start(
            kind=BulkKind.PUBLISH, owner=owner, parameters=Selection(ids=(articles[0].pk, articles[1].pk)).to_json()
        )
        assert started.status == JobStatus.WAITING

    started.refresh_from_db()
    assert (started.status, started.total, started.done, started.failed) == ("done", 2, 2, 0)
    assert Article.objects.published().count() == 2


def test_what_cant_be_done_is_told_and_the_rest_goes_on(job: Callable[..., BulkJob], draft: Make) -> None:
    good, empty = draft("Good"), draft("Empty", body="")
    gone = empty.pk + 1
    started = job(ids=[good.pk, empty.pk, gone])

    job_run(started.pk)

    started.refresh_from_db()
    assert (started.status, started.done, started.failed) == ("done", 3, 2)
    assert [(failure["id"], failure["message"]) for failure in started.failures] == [
        (empty.pk, "Must not be blank."),
        (gone, "The article is gone."),
    ]


def test_the_owners_rights_decide_about_each_article(author: User, draft: Make) -> None:
    mine = draft("Mine")
    started = BulkJob.objects.create(kind="publish", owner=author, parameters={"ids": [mine.pk]})

    job_run(started.pk)

    started.refresh_from_db()
    assert started.failures[0]["message"] == "You may not take this step with this article."
    assert not Article.objects.published().exists()


def test_a_job_that_names_nothing_touches_nothing(job: Callable[..., BulkJob], draft: Make) -> None:
    draft()

    job_run(job(ui_language="en").pk)

    assert not Article.objects.published().exists()


def test_a_task_that_is_delivered_again_does_nothing(job: Callable[..., BulkJob], draft: Make) -> None:
    started = job(ids=[draft().pk])

    assert job_run(started.pk) is False
    assert job_run(started.pk) is False

    assert AuditEntry.objects.filter(action="publish").count() == 1


def test_a_killed_workers_job_goes_on_after_its_last_item(
    job: Callable[..., BulkJob], numbers: type[Numbers], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = job(BulkKind.IMPORT)

    def die(number: int) -> None:
        if number == 4 and numbers.seen.count(4) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Numbers, "after_step", staticmethod(die))
    with pytest.raises(KeyboardInterrupt):
        job_run(started.pk)
    assert job_run(started.pk) is False  # its lease is still running
    assert numbers.seen == [1, 2, 3, 4]

    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        job_run(started.pk)

    started.refresh_from_db()
    assert numbers.seen == [1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10]  # what four did was rolled back
    assert (started.status, started.done) == ("done", 10)


def test_a_runner_that_lost_its_lease_stores_nothing_more(
    job: Callable[..., BulkJob], numbers: type[Numbers], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = job(BulkKind.IMPORT)

    def lose(number: int) -> None:
        if number == 3:
            BulkJob.objects.filter(pk=started.pk).update(beat_at=timezone.now() + timedelta(seconds=1))

    monkeypatch.setattr(Numbers, "after_step", staticmethod(lose))

    assert job_run(started.pk) is False
    started.refresh_from_db()
    assert (numbers.seen, started.done, started.position) == ([1, 2, 3], 2, 2)


def test_a_cancelled_job_is_not_gone_on_with(job: Callable[..., BulkJob], numbers: type[Numbers]) -> None:
    started = job(BulkKind.IMPORT)
    for _ in range(5):
        assert job_run(started.pk, slice_s=0)

    assert job_cancel(job_id=started.pk) is True
    assert job_run(started.pk) is False

    started.refresh_from_db()
    assert (numbers.seen, started.status, started.done) == ([1, 2, 3, 4, 5], "cancelled", 5)
    assert started.finished_at is not None
    assert job_cancel(job_id=started.pk) is False


def test_a_job_is_cancelled_while_it_runs(
    job: Callable[..., BulkJob], numbers: type[Numbers], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = job(BulkKind.IMPORT)

    def cancel(number: int) -> None:
        if number == 5:
            job_cancel(job_id=started.pk)

    monkeypatch.setattr(Numbers, "resumable", False)  # no transaction that would take the cancellation back
    monkeypatch.setattr(Numbers, "after_step", staticmethod(cancel))
    job_run(started.pk)

    assert numbers.seen == [1, 2, 3, 4, 5]
    assert BulkJob.objects.get(pk=started.pk).status == "cancelled"


def test_a_slice_ends_and_the_next_one_goes_on(job: Callable[..., BulkJob], numbers: type[Numbers]) -> None:
    started = job(BulkKind.IMPORT)

    slices = 1
    while job_run(started.pk, slice_s=0):
        slices += 1

    started.refresh_from_db()
    assert (slices, started.status, numbers.seen) == (11, "done", list(range(1, 11)))


def test_failures_are_kept_up_to_a_number_and_counted_beyond(
    job: Callable[..., BulkJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Numbers):
        def steps(self, job: BulkJob) -> Iterator[Outcome]:
            for number in range(1, 3 * MAX_FAILURES_KEPT):
                yield Outcome(position=number, failures=(Failure(message="No."), Failure(message="Nor this.")))

    monkeypatch.setattr("articles.bulk.jobs.handler_for", lambda kind: Failing())
    started = job(BulkKind.IMPORT)
    job_run(started.pk)

    started.refresh_from_db()
    assert started.failed == 3 * MAX_FAILURES_KEPT - 1
    assert len(started.failures) == MAX_FAILURES_KEPT


@pytest.mark.parametrize(
    ("error", "says"), [(BulkError("This is no ZIP file."), "This is no ZIP file."), (ValueError("x"), "unexpected")]
)
def test_a_job_that_fails_as_a_whole_says_why(
    job: Callable[..., BulkJob], numbers: type[Numbers], monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    def fail(number: int) -> None:
        raise error

    monkeypatch.setattr(Numbers, "after_step", staticmethod(fail))
    started = job(BulkKind.IMPORT)
    if isinstance(error, BulkError):
        job_run(started.pk)
    else:
        with pytest.raises(ValueError, match="x"):
            job_run(started.pk)

    started.refresh_from_db()
    assert started.status == "failed"
    assert says in started.failures[-1]["message"]


def test_what_cant_be_resumed_starts_from_nothing(
    job: Callable[..., BulkJob], numbers: type[Numbers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Numbers, "resumable", False)
    started = job(BulkKind.IMPORT)
    BulkJob.objects.filter(pk=started.pk).update(done=7, failed=2, position=7, failures=[{"message": "Old."}])

    job_run(started.pk)

    started.refresh_from_db()
    assert (started.done, started.failed, started.failures) == (10, 0, [])
    assert numbers.seen == list(range(1, 11))


def test_only_jobs_that_nobody_works_on_are_taken_up_again(
    job: Callable[..., BulkJob], draft: Make, numbers: type[Numbers]
) -> None:
    lost, held, over, dead = (job(BulkKind.IMPORT) for _ in range(4))
    now = timezone.now()
    BulkJob.objects.filter(pk=held.pk).update(status="running", beat_at=now + timedelta(minutes=2))
    BulkJob.objects.filter(pk=over.pk).update(status="cancelled")
    BulkJob.objects.filter(pk=dead.pk).update(status="running", beat_at=now)

    assert jobs_resume() == 0
    with time_machine.travel(now + timedelta(minutes=2)):
        assert jobs_resume() == 2

    assert set(BulkJob.objects.filter(status="done")) == {lost, dead}


def test_messages_come_in_the_language_the_job_was_started_in(owner: User, draft: Make) -> None:
    started = BulkJob.objects.create(
        kind="publish", owner=owner, parameters={"ids": [draft(body="").pk], "ui_language": "pt-br"}
    )

    job_run(started.pk)

    started.refresh_from_db()
    assert started.failures[0]["message"] == "Não pode ficar em branco."


def test_a_real_worker_does_the_job(worker: object, owner: User, draft: Make) -> None:
    ids = tuple(draft(f"Number {number}").pk for number in range(3))

    started = job_start(kind=BulkKind.PUBLISH, owner=owner, parameters=Selection(ids=ids).to_json())

    eventually(lambda: BulkJob.objects.get(pk=started.pk).status == "done")
    assert Article.objects.published().count() == 3


def test_runners_of_one_job_at_one_instant_do_each_item_once_on_postgresql(
    postgres_alias: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_only(postgres_alias, monkeypatch)
    owner = User.objects.create_superuser("ana")
    Article.objects.bulk_create(
        Article(title=f"N{number}", slug=f"n-{number}", body="Words.", author=owner) for number in range(20)
    )
    job = BulkJob.objects.create(kind="publish", owner=owner, parameters={"filters": {"status": ["draft"]}})

    def run() -> None:
        while job_run(job.pk, slice_s=0.02):  # the runners hand the job to each other
            pass

    outcomes = at_once(4, run, django_db_blocker.unblock)
    while job_run(job.pk):
        pass

    job.refresh_from_db()
    assert outcomes == [None] * 4
    assert (job.status, job.done, job.failed) == ("done", 20, 0)
    assert AuditEntry.objects.filter(action="publish").count() == 20
