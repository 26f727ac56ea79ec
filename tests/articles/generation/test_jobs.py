"""Generation jobs: started once, stopped, gone on with."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from articles.enums import BatchStatus, BudgetScope, CallOutcome, GenerationKind, GenerationStatus
from articles.exceptions import TransitionError
from articles.generation import jobs, takeup
from articles.generation.errors import BudgetError
from articles.generation.jobs import job_cancel, job_enqueue, job_rate, job_retry, job_start
from articles.generation.leases import claim
from articles.generation.stream import read
from articles.generation.takeup import jobs_take_up
from articles.models import Budget, GenerationBatch, GenerationJob, ProviderCall
from articles.signals import generation_ended
from tests.articles.at_once import at_once, use_only
from tests.fixtures.site import using_broker

MakeJob = Callable[..., GenerationJob]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of jobs in the order they were asked to be worked on."""
    ids: list[int] = []

    def ask(job_id: int, *args: Any, **options: Any) -> bool:
        ids.append(job_id)
        return True

    monkeypatch.setattr(jobs, "job_enqueue", ask)
    monkeypatch.setattr(takeup, "_asked_s", {})  # other tests' jobs had the same ids
    return ids


@pytest.fixture
def ended() -> Any:
    """What listeners were told of jobs that are over."""
    told: list[dict[str, Any]] = []

    def listen(**sent: Any) -> None:
        told.append({name: sent[name] for name in ("job_id", "batch_id", "status")})

    generation_ended.connect(listen)
    yield told
    generation_ended.disconnect(listen)


def _start(owner: User, **options: Any) -> GenerationJob:
    return job_start(kind=GenerationKind.ARTICLE, owner=owner, parameters={"title": "Bees"}, language="en", **options)


def test_a_job_is_asked_for_once_its_transaction_is_committed(
    author: User, asked: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = _start(author)
        assert asked == []

    assert asked == [job.pk]
    assert job.status == GenerationStatus.QUEUED
    assert len(job.trace_id) == 32


def test_asking_twice_under_one_key_starts_one_job(
    author: User, asked: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first, second = _start(author, request_key="k"), _start(author, request_key="k")

    assert first.pk == second.pk
    assert asked == [first.pk]
    other = _start(User.objects.create_user("other"), request_key="k")
    assert other.pk != first.pk
    assert _start(author).pk != _start(author).pk  # without a key each is one of its own


def test_requests_of_one_key_that_come_at_once_start_one_job(
    postgres_alias: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch, asked: list[int]
) -> None:
    use_only(postgres_alias, monkeypatch)
    owner = User.objects.create_user("clarice")

    got = at_once(6, lambda: _start(owner, request_key="k").pk, django_db_blocker.unblock)

    assert got == [GenerationJob.objects.get().pk] * 6
    assert asked == [got[0]]


def test_a_used_up_allowance_stores_nothing(author: User) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, jobs_per_day=0)

    with pytest.raises(BudgetError):
        _start(author)
    assert not GenerationJob.objects.exists()


def test_a_job_that_waits_is_stopped_at_once(make_job: MakeJob, ended: list[dict[str, Any]]) -> None:
    job = make_job()

    assert job_cancel(job_id=job.pk) is True

    job.refresh_from_db()
    assert job.status == GenerationStatus.CANCELLED
    assert job.finished_at is not None
    assert ended == [{"job_id": job.pk, "batch_id": None, "status": "cancelled"}]
    assert read(job.pk)[-1][1]["type"] == "end"
    assert job_cancel(job_id=job.pk) is False


def test_a_job_that_a_runner_has_is_left_for_the_runner_to_stop(make_job: MakeJob) -> None:
    job = make_job()
    claim(job.pk)

    assert job_cancel(job_id=job.pk) is True
    job.refresh_from_db()
    assert job.status == GenerationStatus.RUNNING
    assert job.cancel_requested_at is not None


def test_a_stopped_job_whose_runner_died_is_ended_and_its_call_settled(make_job: MakeJob, asked: list[int]) -> None:
    now = timezone.now()
    job = make_job(status="streaming", lease=uuid.uuid4(), lease_until=now + timedelta(seconds=1))
    call = ProviderCall.objects.create(
        job=job, number=1, lease=job.lease, purpose="section", endpoint="e", model="m", tokens_in=10, tokens_out=7,
        started_at=now,
    )  # fmt: skip
    job_cancel(job_id=job.pk)

    with time_machine.travel(now + timedelta(seconds=2)):
        jobs_take_up()

    job.refresh_from_db()
    call.refresh_from_db()
    assert job.status == GenerationStatus.CANCELLED
    assert (call.outcome, call.tokens_out, call.is_estimate) == (CallOutcome.LOST, 7, True)
    assert asked == []


def test_a_job_whose_runner_died_is_asked_for_again(make_job: MakeJob, asked: list[int]) -> None:
    now = timezone.now()
    lost = make_job(status="streaming", lease=uuid.uuid4(), lease_until=now)
    make_job(status="streaming", lease=uuid.uuid4(), lease_until=now + timedelta(seconds=5))
    make_job()  # has just been asked for

    with time_machine.travel(now + timedelta(seconds=1)):
        assert jobs_take_up() == 1
        assert jobs_take_up() == 0  # no sooner than its task can have come
    assert asked == [lost.pk]


def test_a_job_whose_task_was_lost_is_asked_for_again_and_one_that_waits_its_time_is_not(
    make_job: MakeJob, asked: list[int]
) -> None:
    now = timezone.now()
    stranded = make_job()
    make_job(not_before=now + timedelta(minutes=5))

    with time_machine.travel(now + timedelta(seconds=30)):
        jobs_take_up()
    assert asked == [stranded.pk]


@pytest.mark.parametrize("status", [GenerationStatus.FAILED, GenerationStatus.CANCELLED])
def test_a_job_goes_on_from_its_checkpoint(
    make_job: MakeJob, asked: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, status: str
) -> None:
    state = {"sections": [{"title": "One", "text": "Words."}]}
    job = make_job(status=status, finished_at=timezone.now(), state=state, failures=5, error={"code": "timeout"})

    with django_capture_on_commit_callbacks(execute=True):
        again = job_retry(job_id=job.pk)

    assert (again.pk, again.status, again.failures, again.error) == (job.pk, GenerationStatus.QUEUED, 0, {})
    assert again.state == state
    assert asked == [job.pk]


def test_a_job_that_succeeded_is_not_written_again(make_job: MakeJob) -> None:
    job = make_job(status=GenerationStatus.SUCCEEDED, finished_at=timezone.now())

    with pytest.raises(TransitionError):
        job_retry(job_id=job.pk)


def test_a_stopped_text_that_was_kept_as_an_article_is_not_made_a_second_one(
    make_job: MakeJob, draft: Callable[..., Any]
) -> None:
    job = make_job(status=GenerationStatus.CANCELLED, finished_at=timezone.now(), article=draft())

    with pytest.raises(TransitionError):
        job_retry(job_id=job.pk)


def test_a_row_of_a_cancelled_batch_is_not_gone_on_with(make_job: MakeJob, author: User) -> None:
    batch = GenerationBatch.objects.create(owner=author, name="Spring", status=BatchStatus.CANCELLED)
    job = make_job(status=GenerationStatus.FAILED, finished_at=timezone.now(), batch=batch, row=1)

    with pytest.raises(TransitionError):
        job_retry(job_id=job.pk)


def test_a_rating_is_kept_and_taken_back(make_job: MakeJob) -> None:
    job = make_job()

    job_rate(job_id=job.pk, rating=-1, note=f" {'long ' * 200}")
    job.refresh_from_db()
    assert (job.rating, len(job.rating_note)) == (-1, 500)
    job_rate(job_id=job.pk, rating=None)
    job.refresh_from_db()
    assert (job.rating, job.rating_note) == (None, "")


def test_a_broker_that_is_away_fails_no_request(make_job: MakeJob, settings: Any) -> None:
    job = make_job()

    with using_broker("redis://127.0.0.1:1"):
        settings.CELERY_TASK_ALWAYS_EAGER = False
        assert job_enqueue(job.pk) is False
    job.refresh_from_db()
    assert job.status == GenerationStatus.QUEUED
