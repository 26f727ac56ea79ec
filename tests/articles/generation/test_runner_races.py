"""The runner: whoever races, stops, is killed or loses its lease, a job is written once and settled once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from articles.enums import CallOutcome, GenerationStatus, Priority
from articles.generation import leases
from articles.generation.leases import LEASE, claim
from articles.generation.runner import job_run
from articles.models import Article, GenerationJob, ProviderCall
from tests.articles.at_once import at_once, use_only
from tests.articles.generation.conftest import MakeJob
from tests.articles.generation.running import WHOLE, outcomes, streamed
from tests.fixtures.fake_provider import PROSE, FakeProvider, all_closed
from tests.waiting import eventually

RACES = 200


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runners look at their row all the time."""
    monkeypatch.setattr(leases, "LOOK_S", 0.0)
    monkeypatch.setattr(leases, "RENEW_S", 0.0)


def test_a_task_that_is_delivered_twice_changes_nothing(job: GenerationJob, provider: FakeProvider) -> None:
    job_run(job.pk)
    job_run(job.pk)

    assert Article.objects.count() == 1
    assert len(provider.chats) == 3


def test_of_three_workers_that_race_one_writes_and_one_bill_is_written(
    postgres_alias: str,
    django_db_blocker: Any,
    monkeypatch: pytest.MonkeyPatch,
    provider: FakeProvider,
    connect: Callable[..., None],
) -> None:
    use_only(postgres_alias, monkeypatch)
    connect(provider.entry())
    provider.answer("Short.")
    owner = User.objects.create_user("clarice")

    for number in range(1, RACES + 1):
        job = GenerationJob.objects.create(kind="article", owner=owner, parameters={"title": str(number)})
        got = at_once(3, lambda job=job: job_run(job.pk), django_db_blocker.unblock)  # type: ignore[misc]
        assert got == [None] * 3
        job.refresh_from_db()
        assert job.status == GenerationStatus.SUCCEEDED
        assert job.tries == 1
        assert Article.objects.count() == number
        assert ProviderCall.objects.filter(outcome=CallOutcome.OK).count() == 3 * number
        assert ProviderCall.objects.count() == 3 * number


def test_a_worker_that_stops_hands_the_job_over_and_another_goes_on(
    job: GenerationJob, provider: FakeProvider, beside: Callable[[int], threading.Thread]
) -> None:
    provider.answer(PROSE, tokens_per_s=100)
    runs = beside(job.pk)
    eventually(lambda: len(provider.chats) == 2 and provider.chats[1].sent_tokens > 3)

    leases.stopping.set()
    runs.join(10)
    leases.stopping.clear()
    job.refresh_from_db()
    assert (job.status, job.lease) == (GenerationStatus.QUEUED, None)
    assert [part["title"] for part in job.state["sections"]] == ["Flour"]
    all_closed(provider)

    provider.answer(PROSE)
    job_run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.text, streamed(job)) == (GenerationStatus.SUCCEEDED, WHOLE, WHOLE)
    assert outcomes() == [CallOutcome.OK, CallOutcome.HANDED_OVER, CallOutcome.OK, CallOutcome.OK]


def test_a_runner_that_lost_its_lease_writes_nothing_more(
    job: GenerationJob, provider: FakeProvider, quick: None, beside: Callable[[int], threading.Thread]
) -> None:
    provider.answer(PROSE, tokens_per_s=50)
    runs = beside(job.pk)
    eventually(lambda: provider.chats and provider.chats[0].sent_tokens > 3)

    GenerationJob.objects.filter(pk=job.pk).update(lease=uuid.uuid4(), lease_until=timezone.now() + LEASE)
    runs.join(10)

    job.refresh_from_db()
    assert job.status == GenerationStatus.STREAMING
    assert job.text == ""
    assert outcomes() == [CallOutcome.LOST]


def test_what_a_killed_runner_left_open_is_settled_by_the_next(job: GenerationJob) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        dead = claim(job.pk)
        assert dead is not None
        ProviderCall.objects.create(
            job=job, number=1, lease=dead.id, owner=job.owner, purpose="section", endpoint="fake", model="m",
            tokens_in=40, tokens_out=11, price_in=Decimal(1), price_out=Decimal(2), reserved=Decimal("0.5"),
            started_at=timezone.now(),
        )  # fmt: skip
        clock.shift(LEASE + timedelta(seconds=1))
        job_run(job.pk)

    lost = ProviderCall.objects.get(number=1)
    assert (lost.outcome, lost.tokens_out, lost.is_estimate) == (CallOutcome.LOST, 11, True)
    assert lost.cost == Decimal("0.000062")
    assert outcomes() == [CallOutcome.LOST, *[CallOutcome.OK] * 3]
    job.refresh_from_db()
    assert job.status == GenerationStatus.SUCCEEDED


def test_an_account_has_only_so_many_jobs_at_work(
    job: GenerationJob, make_job: MakeJob, provider: FakeProvider, settings: Any
) -> None:
    settings.GENERATE_PER_USER = 1
    claim(make_job().pk)
    claim(make_job(priority=Priority.BATCH).pk)

    job_run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.waits_for) == (GenerationStatus.QUEUED, "account")
    assert provider.chats == []
