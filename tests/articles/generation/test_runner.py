"""The runner: a job ends once, as one article with one settled entry for each call, whatever happens on the way."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from articles.content import Content
from articles.enums import BudgetScope, CallOutcome, GenerationStatus, Origin, Priority
from articles.generation import jobs, leases, runner, writers
from articles.generation.jobs import job_cancel, job_retry
from articles.generation.leases import LEASE, claim
from articles.generation.runner import job_run
from articles.generation.sections import markdown_of
from articles.generation.stream import read
from articles.generation.writers import Pen, Result
from articles.models import Article, Budget, GenerationJob, ProviderCall
from articles.providers import endpoints, health
from articles.providers.base import ChatRequest, Message, ProviderError
from articles.services.articles import article_create
from tests.articles.at_once import at_once, use_only
from tests.fixtures.fake_provider import PROSE, FakeProvider, all_closed
from tests.waiting import eventually

MakeJob = Callable[..., GenerationJob]
TITLES = ["Flour", "Water", "Time"]
RACES = 200


class Sections:
    """Writes a section after the other and keeps each, as real writers do."""

    def write(self, pen: Pen) -> Result:
        kept = list(pen.job.state.get("sections", []))
        pen.outline(TITLES)
        for number in range(len(kept) + 1, len(TITLES) + 1):
            title = TITLES[number - 1]
            pen.stage("section", section=number, sections=len(TITLES), title=title)
            words = (Message("user", f"Write about {title}."),)
            request = ChatRequest(words, max_tokens=80, language=pen.job.language)
            written = pen.write(request, purpose="section", section=number)
            kept.append({"title": title, "text": written.text})
            pen.keep({"titles": TITLES, "sections": kept}, markdown_of(kept))
        return Result(markdown_of(kept), {"title": "Bread"})

    def finish(self, job: GenerationJob, result: Result) -> Article:
        content = Content(title=result.values["title"], body=result.text, origin=Origin.AI.value)
        return article_create(content=content, author=job.owner)


class Broken:
    """Fails in a way nobody thought of."""

    def write(self, pen: Pen) -> Result:
        raise ZeroDivisionError

    def finish(self, job: GenerationJob, result: Result) -> None:
        """Never called."""


@pytest.fixture
def connect(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Connect providers; the runner's writer is the one above, and what waits is asked for by the test."""
    monkeypatch.setitem(writers.WRITERS, "article", f"{__name__}.Sections")
    monkeypatch.setattr(runner, "job_enqueue", lambda *args, **options: True)
    monkeypatch.setattr(jobs, "job_enqueue", lambda *args, **options: True)

    def to(*entries: dict[str, Any]) -> None:
        settings.LLM_ENDPOINTS = list(entries)
        endpoints.endpoints_forget()
        for entry in entries:
            health.forget(entry["name"])

    return to


@pytest.fixture
def job(make_job: MakeJob, provider: FakeProvider, connect: Callable[..., None]) -> GenerationJob:
    """A job, and a provider that answers."""
    connect(provider.entry())
    return make_job()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runners look at their row all the time."""
    monkeypatch.setattr(leases, "LOOK_S", 0.0)
    monkeypatch.setattr(leases, "RENEW_S", 0.0)


@pytest.fixture
def beside(transactional_db: None) -> Iterator[Callable[[int], threading.Thread]]:
    """Run a job in a thread beside the test."""
    threads: list[threading.Thread] = []

    def start(job_id: int) -> threading.Thread:
        from django.db import connections

        def work() -> None:
            try:
                job_run(job_id)
            finally:
                connections.close_all()

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return threads[-1]

    yield start
    leases.stopping.set()
    for thread in threads:
        thread.join(20)
    leases.stopping.clear()


def _streamed(job: GenerationJob) -> str:
    """Return what a viewer who heard every event has in front of them."""
    sections: list[str] = [""] * len(TITLES)
    for _seq, event in read(job.pk):
        if event["type"] == "snapshot":
            kept = [part["text"] for part in event["sections"]]
            sections = kept + [""] * (len(TITLES) - len(kept))
        elif event["type"] == "text":
            assert event["at"] == len(sections[event["section"] - 1])
            sections[event["section"] - 1] += event["text"]
        elif event["type"] == "trim":
            sections[event["section"] - 1] = event["text"]
    return markdown_of([{"title": title, "text": text} for title, text in zip(TITLES, sections, strict=True)])


def _outcomes() -> list[str]:
    return list(ProviderCall.objects.order_by("number").values_list("outcome", flat=True))


WHOLE = "\n\n".join(f"## {title}\n\n{PROSE}" for title in TITLES)


def test_a_job_becomes_one_draft_and_its_calls_are_settled_as_the_provider_counted(
    job: GenerationJob, provider: FakeProvider
) -> None:
    job_run(job.pk)

    job.refresh_from_db()
    article = Article.objects.get()
    assert job.status == GenerationStatus.SUCCEEDED
    assert (job.article, job.text, article.body) == (article, WHOLE, WHOLE)
    assert (article.status, article.origin, article.author) == ("draft", Origin.AI, job.owner)
    assert (job.endpoint, job.model) == ("fake", "fake-1-2026")
    assert job.first_words_at is not None
    for call in ProviderCall.objects.all():
        assert (call.outcome, call.is_estimate, call.article) == (CallOutcome.OK, False, article)
        exact = (call.price_in * call.tokens_in + call.price_out * call.tokens_out) / 1_000_000
        assert 0 <= call.cost - exact < Decimal("0.000001")
        assert 0 < call.cost <= call.reserved
        assert call.first_token_ms is not None
    assert _outcomes() == [CallOutcome.OK] * 3
    assert {chat.headers["traceparent"].split("-")[1] for chat in provider.chats} == {job.trace_id}


def test_viewers_hear_every_word_once_and_the_end(job: GenerationJob) -> None:
    job_run(job.pk)

    assert _streamed(job) == WHOLE
    kinds = [event["type"] for _seq, event in read(job.pk)]
    assert kinds[0] == "snapshot"
    assert kinds[-1] == "end"
    assert kinds.count("end") == 1
    assert {"outline", "stage", "status", "text", "call"} <= set(kinds)


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


def test_a_stop_keeps_the_words_so_far_settles_them_and_closes_the_providers_connection(
    job: GenerationJob, provider: FakeProvider, beside: Callable[[int], threading.Thread]
) -> None:
    provider.answer(PROSE, tokens_per_s=20)
    runs = beside(job.pk)
    eventually(lambda: provider.chats and provider.chats[0].sent_tokens > 5)

    job_cancel(job_id=job.pk)
    all_closed(provider, within_s=1.0)
    runs.join(10)

    job.refresh_from_db()
    assert provider.chats[0].closed_by_client
    assert job.status == GenerationStatus.CANCELLED
    assert re.fullmatch(r"## Flour\n\n.+", job.text, re.DOTALL)
    assert PROSE.startswith(job.text.removeprefix("## Flour\n\n"))
    call = ProviderCall.objects.get()
    assert (call.outcome, call.is_estimate) == (CallOutcome.CANCELLED, True)
    assert call.tokens_out > 0
    assert not Article.objects.exists()
    assert read(job.pk)[-1][1]["status"] == "cancelled"


def test_a_stop_works_while_the_provider_says_nothing(
    job: GenerationJob, provider: FakeProvider, beside: Callable[[int], threading.Thread]
) -> None:
    provider.fail("hang")
    runs = beside(job.pk)
    eventually(lambda: len(provider.chats) == 1)

    job_cancel(job_id=job.pk)
    all_closed(provider, within_s=1.0)
    runs.join(10)
    assert GenerationJob.objects.get().status == GenerationStatus.CANCELLED


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
    assert _outcomes() == [CallOutcome.BROKEN]

    with time_machine.travel(job.not_before, tick=True):  # type: ignore[arg-type]
        job_run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.text) == (GenerationStatus.SUCCEEDED, WHOLE)
    assert _streamed(job) == WHOLE
    assert _outcomes() == [CallOutcome.BROKEN, *[CallOutcome.OK] * 3]


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
    assert (job.status, job.text, _streamed(job)) == (GenerationStatus.SUCCEEDED, WHOLE, WHOLE)
    assert _outcomes() == [CallOutcome.OK, CallOutcome.HANDED_OVER, CallOutcome.OK, CallOutcome.OK]


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
    assert _outcomes() == [CallOutcome.LOST]


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
    assert _outcomes() == [CallOutcome.LOST, *[CallOutcome.OK] * 3]
    job.refresh_from_db()
    assert job.status == GenerationStatus.SUCCEEDED


def test_a_failed_job_goes_on_from_its_last_section(job: GenerationJob, provider: FakeProvider) -> None:
    provider.answer(lambda request: PROSE if "Flour" in request.prompt else "")
    provider.fail("status", status=401)
    job_run(job.pk)
    provider.mend()
    provider.answer(None)
    health.forget("fake")
    job_retry(job_id=job.pk)

    job_run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.text, job.error) == (GenerationStatus.SUCCEEDED, WHOLE, {})


def test_an_accident_fails_the_job_without_a_trace_for_readers(
    job: GenerationJob, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(writers.WRITERS, "article", f"{__name__}.Broken")
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
