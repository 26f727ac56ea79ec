"""Generation jobs that nobody works on yet, runners for them, and each kind of place for their streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from articles.enums import GenerationKind
from articles.generation import jobs, leases, runner, writers
from articles.models import GenerationJob
from articles.providers import endpoints, health
from tests.fixtures.fake_provider import FakeProvider

MakeJob = Callable[..., GenerationJob]


@pytest.fixture
def make_job(author: User) -> MakeJob:
    """Store a job as ``job_start`` would."""

    def make(kind: GenerationKind = GenerationKind.ARTICLE, **fields: Any) -> GenerationJob:
        given = {"owner": author, "parameters": {"title": "Compost", "words": 300}, **fields}
        return GenerationJob.objects.create(kind=kind, **given)

    return make


@pytest.fixture
def connect(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Connect providers; the runner's writer is that of ``running``, and what waits is asked for by the test."""
    monkeypatch.setitem(writers.WRITERS, "article", "tests.articles.generation.running.Sections")
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
def beside(transactional_db: None) -> Iterator[Callable[[int], threading.Thread]]:
    """Run a job in a thread beside the test."""
    threads: list[threading.Thread] = []

    def start(job_id: int) -> threading.Thread:
        from django.db import connections

        def work() -> None:
            try:
                runner.job_run(job_id)
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


@pytest.fixture(params=["memory", "valkey"])
def kept(request: pytest.FixtureRequest, settings: Any) -> str:
    """Each kind of tape, empty."""
    settings.REDIS_URL = request.getfixturevalue("valkey_url") if request.param == "valkey" else ""
    return request.param
