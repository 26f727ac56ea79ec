"""One id leads from a request through its task to the provider, the ledger and the viewers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from articles.generation.payload import job_view
from articles.generation.tape import _tape_at
from articles.models import GenerationJob, ProviderCall
from articles.providers.endpoints import endpoints_forget
from articles.services.tokens import token_create
from articles.tokens import Scope
from omniwriter.celery import app
from omniwriter.llm.recorder import ProviderRecorder
from perfmon.series import SeriesKey
from tests.articles.api.calls import Program
from tests.fixtures.fake_provider import FakeProvider
from tests.perfmon.conftest import recording  # noqa: F401  a fixture
from tests.perfmon.recorders.collected import recorded

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
TASK = "articles.tasks.generation.generation_run"


@pytest.fixture
def program(db: None, settings: Any, provider: FakeProvider) -> Iterator[Program]:
    """A program that may have articles written, by a provider that is there; tasks are run where they are sent."""
    settings.LLM_ENDPOINTS = [provider.entry()]
    settings.REDIS_URL = ""
    settings.CELERY_TASK_ALWAYS_EAGER = False  # or the job would run in a thread beside this one, without a task
    app.conf.update(task_always_eager=True)
    endpoints_forget()
    _tape_at.cache_clear()
    user = User.objects.create_user("clarice")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="articles"))
    yield Program(token_create(user=user, scopes=tuple(Scope))[1])
    app.conf.changes.pop("task_always_eager")


def test_one_id_leads_from_a_request_to_all_that_it_began(
    recording: None,  # noqa: F811
    program: Program,
    provider: FakeProvider,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = program.post("/api/generate", {"title": "Bread", "kind": "outline"}, traceparent=PARENT)

    job = GenerationJob.objects.get()
    assert (answer.status_code, answer.headers["X-Trace-Id"], answer.json()["trace_id"]) == (202, TRACE, TRACE)
    assert job.status == "succeeded"
    assert {call.trace_id for call in ProviderCall.objects.all()} == {TRACE}
    assert {chat.headers["traceparent"].split("-")[1] for chat in provider.chats} == {TRACE}
    assert job_view(job)["trace_id"] == TRACE


def test_the_dashboard_counts_the_task_the_call_and_what_it_came_to(
    recording: None,  # noqa: F811
    program: Program,
    provider: FakeProvider,
    django_capture_on_commit_callbacks: Any,
) -> None:
    recorder = ProviderRecorder()
    recorder.install()
    with django_capture_on_commit_callbacks(execute=True):
        program.post("/api/generate", {"title": "Bread", "kind": "outline"})
    recorder.uninstall()
    windows = recorded()
    calls = ProviderCall.objects.count()
    assert calls
    assert windows[SeriesKey("task", TASK)].count == 1
    assert windows[SeriesKey("outgoing", "127.0.0.1 POST /v1/chat/completions")].count == calls
    assert windows[SeriesKey("provider", provider.entry()["name"])].count == calls
    assert windows[SeriesKey("provider_first", provider.entry()["name"])].count == calls
