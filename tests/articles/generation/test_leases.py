"""Leases: of any number of runners one has a job, and only its writes count."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from articles.enums import BatchStatus, GenerationStatus
from articles.generation import leases
from articles.generation.errors import Cancelled, HandedOver, LeaseLost
from articles.generation.leases import LEASE, Lease, claim
from articles.models import GenerationBatch, GenerationJob
from tests.articles.at_once import at_once, use_only

MakeJob = Callable[..., GenerationJob]
ROUNDS = 40  # of six runners each


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every ``watch`` look at the row."""
    monkeypatch.setattr(leases, "LOOK_S", 0.0)


@pytest.fixture
def stopping() -> Iterator[None]:
    """Have the worker stop."""
    leases.stopping.set()
    yield
    leases.stopping.clear()


def _claimed(job: GenerationJob) -> Lease:
    lease = claim(job.pk)
    assert lease is not None
    return lease


def test_a_job_that_somebody_has_is_nobody_elses(make_job: MakeJob) -> None:
    lease = _claimed(make_job())

    assert claim(lease.job.pk) is None
    assert lease.job.status == GenerationStatus.RUNNING
    assert lease.job.tries == 1


def test_a_lease_that_ran_out_is_anybodys_and_the_first_runner_writes_nothing(make_job: MakeJob) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = _claimed(make_job())
        clock.shift(LEASE + timedelta(seconds=1))
        second = _claimed(first.job)

    with pytest.raises(LeaseLost):
        first.write(text="too late")
    second.write(text="in time")
    assert GenerationJob.objects.get(pk=first.job.pk).text == "in time"


@pytest.mark.parametrize("status", [GenerationStatus.SUCCEEDED, GenerationStatus.FAILED, GenerationStatus.CANCELLED])
def test_a_job_that_is_over_is_not_taken(make_job: MakeJob, status: GenerationStatus) -> None:
    assert claim(make_job(status=status, finished_at=timezone.now()).pk) is None


def test_a_job_waits_for_its_moment(make_job: MakeJob) -> None:
    now = timezone.now()
    job = make_job(not_before=now + timedelta(seconds=7))

    with time_machine.travel(now + timedelta(seconds=6.9), tick=False):
        assert claim(job.pk) is None
    with time_machine.travel(now + timedelta(seconds=7), tick=False):
        assert claim(job.pk) is not None


@pytest.mark.parametrize(
    ("status", "is_taken"),
    [(BatchStatus.RUNNING, True), (BatchStatus.PAUSED, False), (BatchStatus.CANCELLED, False)],
)
def test_jobs_of_a_halted_batch_are_left_alone(
    make_job: MakeJob, author: User, status: BatchStatus, is_taken: bool
) -> None:
    batch = GenerationBatch.objects.create(owner=author, name="Spring", status=status)

    assert (claim(make_job(batch=batch, row=1).pk) is not None) is is_taken


def test_a_watch_tells_that_a_stop_was_asked_for(make_job: MakeJob, looking: None) -> None:
    lease = _claimed(make_job())
    assert lease.watch() is False

    GenerationJob.objects.update(cancel_requested_at=timezone.now())
    with pytest.raises(Cancelled):
        lease.watch()


def test_a_watch_tells_that_another_runner_has_the_job(make_job: MakeJob, looking: None) -> None:
    lease = _claimed(make_job())

    GenerationJob.objects.update(lease=uuid.uuid4())
    with pytest.raises(LeaseLost):
        lease.watch()


def test_a_watch_tells_that_the_worker_stops(make_job: MakeJob, stopping: None) -> None:
    with pytest.raises(HandedOver):
        _claimed(make_job()).watch()


def test_a_watch_renews_when_it_is_time(make_job: MakeJob, looking: None, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = _claimed(make_job())
    before = lease.job.lease_until

    monkeypatch.setattr(leases, "RENEW_S", 0.0)
    assert lease.watch() is True
    assert GenerationJob.objects.get().lease_until > before


def test_a_job_given_back_is_taken_at_once(make_job: MakeJob) -> None:
    lease = _claimed(make_job())

    lease.let_go()
    assert _claimed(lease.job).id != lease.id


def test_a_stop_that_was_asked_for_before_keeps_a_job_from_ending_well(make_job: MakeJob) -> None:
    lease = _claimed(make_job())
    GenerationJob.objects.update(cancel_requested_at=timezone.now())

    with pytest.raises(Cancelled), transaction.atomic():
        lease.lock()


@pytest.mark.parametrize("held_before", [False, True], ids=["queued", "lost by a runner that died"])
def test_of_runners_that_come_at_once_one_has_the_job(
    postgres_alias: str, django_db_blocker: object, monkeypatch: pytest.MonkeyPatch, held_before: bool
) -> None:
    use_only(postgres_alias, monkeypatch)
    owner = User.objects.create_user("clarice")
    batch = GenerationBatch.objects.create(owner=owner, name="Spring")
    past = timezone.now() - timedelta(seconds=1)
    held = {"status": GenerationStatus.STREAMING, "lease": uuid.uuid4(), "lease_until": past} if held_before else {}

    for row in range(1, ROUNDS + 1):
        job = GenerationJob.objects.create(kind="article", owner=owner, batch=batch, row=row, **held)
        got = at_once(6, lambda job=job: claim(job.pk), django_db_blocker.unblock)  # type: ignore[attr-defined,misc]
        assert sum(isinstance(one, Lease) for one in got) == 1, got
        assert sum(one is None for one in got) == 5, got
