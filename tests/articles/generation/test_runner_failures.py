"""The runner: what fails is tried again, waits or fails the job, and says why."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from articles.enums import BudgetScope, CallOutcome, GenerationStatus
from articles.generation import writers
from articles.generation.runner import job_run
from articles.models import Budget, GenerationJob, ProviderCall
from articles.providers import endpoints, health
from articles.providers.base import ChatRequest, Message, ProviderError
from tests.articles.generation.conftest import MakeJob
from tests.articles.generation.running import WHOLE, outcomes, streamed
from tests.fixtures.fake_provider import FakeProvider


def test_a_failure_before_the_first_word_is_answered_elsewhere(
    make_job: MakeJob, provider: FakeProvider, other_provider: FakeProvider, connect: Callable[..., None]
) -> None:
    connect(provider.entry("sick"), other_provider.entry("well"))
    provider.fail("status", status=500)

    for _ in range(4):
        job_run(make_job().pk)

    assert set(GenerationJob.objects.values_list("status", "endpoint")) == {("succeeded", "well")}
    failed = ProviderCall.objects.filter(endpoint="sick")
    assert failed.exists()
    assert set(failed.values_list("outcome", "cost", "status_code")) == {("server_error", Decimal(0), 500)}


def test_a_failure_after_the_first_word_begins_the_section_anew_later(
    job: GenerationJob, provider: FakeProvider
) -> None:
    provider.fail("cut", times=1, after_tokens=6)
    job_run(job.pk)

    job.refresh_from_db()
    assert (job.status, job.waits_for, job.failures) == (GenerationStatus.QUEUED, "retry", 1)
    assert outcomes() == [CallOutcome.BROKEN]

    with time_machine.travel(job.not_before, tick=True):  # type: ignore[arg-type]
        job_run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.text) == (GenerationStatus.SUCCEEDED, WHOLE)
    assert streamed(job) == WHOLE
    assert outcomes() == [CallOutcome.BROKEN, *[CallOutcome.OK] * 3]


def test_a_provider_that_says_when_to_come_back_is_asked_then_and_not_before(
    job: GenerationJob, provider: FakeProvider
) -> None:
    provider.fail("status", status=429, headers={"Retry-After": "7"}, times=1)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        now = timezone.now()
        job_run(job.pk)
        job.refresh_from_db()
        assert job.not_before == now + timedelta(seconds=7)
        assert (job.status, job.waits_for) == (GenerationStatus.QUEUED, "busy")
        assert ProviderCall.objects.get().retry_after_s == 7

        clock.shift(6.9)
        job_run(job.pk)
        assert len(provider.chats) == 1

        clock.shift(0.1)
        job_run(job.pk)
    job.refresh_from_db()
    assert job.status == GenerationStatus.SUCCEEDED


def test_five_failures_in_a_row_fail_the_job_with_what_happened(job: GenerationJob, provider: FakeProvider) -> None:
    provider.fail("error_midway")
    with time_machine.travel(timezone.now(), tick=True) as clock:
        for _ in range(5):
            job_run(job.pk)
            clock.shift(61)

    job.refresh_from_db()
    assert job.status == GenerationStatus.FAILED
    assert job.error["tries"] == 5
    assert len(provider.chats) <= 5


@pytest.mark.parametrize(
    ("failure", "code"),
    [({"kind": "refuse"}, "refused"), ({"kind": "status", "status": 401}, "key_rejected")],
)
def test_what_waiting_does_not_help_fails_at_once(
    job: GenerationJob, provider: FakeProvider, failure: dict[str, Any], code: str
) -> None:
    provider.fail(**failure)
    job_run(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error["code"]) == (GenerationStatus.FAILED, code)
    assert ProviderCall.objects.get().cost == 0


def test_without_a_model_the_job_says_so(make_job: MakeJob, connect: Callable[..., None]) -> None:
    connect()
    job = make_job()
    job_run(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error["code"]) == (GenerationStatus.FAILED, "no_endpoint_none")


def test_a_language_nobody_writes_fails_with_that_reason(
    make_job: MakeJob, provider: FakeProvider, connect: Callable[..., None]
) -> None:
    connect(provider.entry(languages=("en",)))
    job = make_job(language="pt-br")
    job_run(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error["code"]) == (GenerationStatus.FAILED, "no_endpoint_language")
    assert provider.chats == []


def test_a_budget_that_is_used_up_asks_nobody(job: GenerationJob, provider: FakeProvider) -> None:
    Budget.objects.create(scope=BudgetScope.SITE, month_limit=0)
    job_run(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error["code"]) == (GenerationStatus.FAILED, "budget_site")
    assert provider.chats == []
    assert not ProviderCall.objects.exists()


def test_a_budget_that_runs_out_midway_keeps_the_sections_there_are(job: GenerationJob, provider: FakeProvider) -> None:
    most = provider.endpoint(price_in=Decimal("0.5"), price_out=Decimal("1.5"))
    one = most.most_cost(ChatRequest((Message("user", "Write about Flour."),), max_tokens=80))
    Budget.objects.create(scope=BudgetScope.EACH, month_limit=Decimal("0.01"))
    ProviderCall.objects.create(
        number=1, lease=uuid.uuid4(), owner=job.owner, purpose="section", endpoint="fake", model="m",
        outcome=CallOutcome.OK, cost=Decimal("0.01") - one - one / 2, started_at=timezone.now(),
        settled_at=timezone.now(),
    )  # fmt: skip
    job_run(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error["code"]) == (GenerationStatus.FAILED, "budget_account")
    assert job.text.startswith("## Flour\n\nBread is flour")
    assert job.calls.exclude(outcome=CallOutcome.OK).count() == 0


def test_an_accident_fails_the_job_without_a_trace_for_readers(
    job: GenerationJob, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(writers.WRITERS, "article", "tests.articles.generation.running.Broken")
    job_run(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error) == (GenerationStatus.FAILED, {"code": "unexpected"})
    assert "ZeroDivisionError" in caplog.text


def test_a_job_waits_a_quarter_of_an_hour_for_a_provider_to_be_well(job: GenerationJob, provider: FakeProvider) -> None:
    down = ProviderError(CallOutcome.SERVER_ERROR, "It answers with an error (503).", retry_after_s=1.0)
    endpoint = endpoints.endpoints()[0]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        began = timezone.now()
        while job.is_open:
            health.failed(endpoint, down)  # as other jobs find out all the time
            job_run(job.pk)
            job.refresh_from_db()
            clock.move_to(job.not_before or timezone.now())
        waited = timezone.now() - began

    assert (job.status, job.error["code"]) == (GenerationStatus.FAILED, "no_endpoint_unwell")
    assert timedelta(minutes=8) < waited <= timedelta(minutes=20)
    assert provider.chats == []
