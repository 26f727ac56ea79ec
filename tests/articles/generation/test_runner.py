"""The runner: a job that goes well ends as one article with one settled entry for each call, or stops when told."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from decimal import Decimal

from articles.enums import CallOutcome, GenerationStatus, Origin
from articles.generation.jobs import job_cancel, job_retry
from articles.generation.runner import job_run
from articles.generation.stream import read
from articles.models import Article, GenerationJob, ProviderCall
from articles.providers import health
from tests.articles.generation.running import WHOLE, outcomes, streamed
from tests.fixtures.fake_provider import PROSE, FakeProvider, all_closed
from tests.waiting import eventually


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
    assert outcomes() == [CallOutcome.OK] * 3
    assert {chat.headers["traceparent"].split("-")[1] for chat in provider.chats} == {job.trace_id}


def test_viewers_hear_every_word_once_and_the_end(job: GenerationJob) -> None:
    job_run(job.pk)

    assert streamed(job) == WHOLE
    kinds = [event["type"] for _seq, event in read(job.pk)]
    assert kinds[0] == "snapshot"
    assert kinds[-1] == "end"
    assert kinds.count("end") == 1
    assert {"outline", "stage", "status", "text", "call"} <= set(kinds)


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
