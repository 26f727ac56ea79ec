"""Generation survives what happens to its processes: each job ends once, as one article, with every call settled."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from articles.enums import CallOutcome, GenerationKind, GenerationStatus
from articles.generation.jobs import job_start
from articles.generation.playback import play
from articles.generation.sections import markdown_of
from articles.generation.stream import read
from articles.models import Article, GenerationJob, ProviderCall
from omniwriter.stack.process import Tree
from tests.endtoend.writing import Author, Desk, Viewer, endpoint_url
from tests.fixtures.fake_provider import FakeProvider, all_closed
from tests.fixtures.servers import MortalValkey
from tests.fixtures.site import using_broker
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)

OUTLINE = ["Soil", "Water", "Light"]
KILLS = 3
JOBS_AT_ONCE = 3


@pytest.fixture
def owner(transactional_db: None) -> User:
    return User.objects.create_superuser("owner")


@pytest.fixture
def writing(provider: FakeProvider) -> Author:
    """What a slow provider writes."""
    author = Author()
    provider.answer(author, tokens_per_s=25)
    return author


@contextmanager
def desk_with(endpoints: str, valkey: MortalValkey, settings: Settings, tree: Tree, folder: Path) -> Iterator[Desk]:
    """Run the processes that write, with these models, and let this one use their Valkey."""
    settings.REDIS_URL = valkey.url
    settings.CELERY_TASK_ALWAYS_EAGER = False
    with using_broker(valkey.url):
        desk = Desk(folder, valkey.url, endpoints, tree)
        try:
            yield desk
        finally:
            desk.close()


@pytest.fixture
def desk(
    owner: User, writing: Author, provider: FakeProvider, mortal_valkey: MortalValkey, settings: Settings,
    tree: Tree, tmp_path: Path,
) -> Iterator[Desk]:  # fmt: skip
    """The processes that write, with the slow provider."""
    with desk_with(endpoint_url(provider), mortal_valkey, settings, tree, tmp_path) as desk:
        yield desk


def start(owner: User, words: int = 300) -> GenerationJob:
    """Start an article."""
    parameters = {"title": "A garden on a balcony", "words": words, "outline": OUTLINE}
    return job_start(kind=GenerationKind.ARTICLE, owner=owner, parameters=parameters, language="en")


def wait_for(job: GenerationJob, *statuses: GenerationStatus, within_s: float = 180.0) -> None:
    """Wait until a job is in one of these."""
    eventually(lambda: GenerationJob.objects.filter(pk=job.pk, status__in=statuses).exists(), within_s=within_s)
    job.refresh_from_db()


def check_ended(job: GenerationJob) -> None:
    """Check that a job ended well, once: as one article, with every call settled."""
    wait_for(job, GenerationStatus.SUCCEEDED, GenerationStatus.FAILED, GenerationStatus.CANCELLED)
    assert (job.status, job.error) == (GenerationStatus.SUCCEEDED, {})
    (article,) = Article.objects.filter(generation_jobs=job)
    assert article.body.strip() == job.text.strip()
    calls = ProviderCall.objects.filter(job=job)
    assert not calls.filter(outcome=CallOutcome.OPEN).exists()
    assert not calls.filter(settled_at=None).exists()
    assert list(calls.order_by("number").values_list("number", flat=True)) == list(range(1, calls.count() + 1))


def check_whole(job: GenerationJob, writing: Author) -> None:
    """Check that a job ended well and that each of its sections is one answer, whole."""
    check_ended(job)
    parts = [part.partition("\n\n")[2].strip() for part in job.text.split("## ")[1:]]
    assert len(set(parts)) == len(OUTLINE)
    assert set(parts) <= {text.strip() for text in writing.texts}
    answered = ProviderCall.objects.filter(job=job, purpose="section", outcome=CallOutcome.OK)
    assert answered.count() == len(OUTLINE)


def check_told(job: GenerationJob) -> None:
    """Check that a viewer who comes afterwards is told exactly what the article says."""
    told = play(event for _, event in read(job.pk))
    assert markdown_of(told.sections).strip() == job.text.strip()


def leases(jobs: list[GenerationJob]) -> dict[int, object]:
    """Return who has the jobs that are not over."""
    at_work = GenerationJob.objects.filter(pk__in=[job.pk for job in jobs], finished_at=None)
    return dict(at_work.values_list("pk", "lease"))


def are_taken_up(jobs: list[GenerationJob], held: dict[int, object]) -> bool:
    """Tell whether other runners have all of the jobs that are not over."""
    now = leases(jobs)
    return None not in now.values() and not now.items() & held.items()


def test_a_writer_killed_in_mid_stream_again_and_again_loses_and_doubles_nothing(
    owner: User, desk: Desk, writing: Author
) -> None:
    jobs: list[GenerationJob] = []
    viewers: list[Viewer] = []
    for _ in range(KILLS):
        new = [start(owner) for _ in range(JOBS_AT_ONCE - len(leases(jobs)))]
        jobs += new
        viewers += [Viewer(job.pk) for job in new]
        for job in new:
            wait_for(job, GenerationStatus.STREAMING)
        time.sleep(random.uniform(0, 2))
        held = leases(jobs)
        desk.kill("writer")
        eventually(partial(are_taken_up, jobs, held), within_s=60)

    for job, viewer in zip(jobs, viewers, strict=True):
        check_whole(job, writing)
        check_told(job)
        assert viewer.waited().strip() == job.text.strip()


def test_a_writer_that_is_told_to_stop_hands_its_jobs_over_and_ends(
    owner: User, desk: Desk, writing: Author, provider: FakeProvider
) -> None:
    jobs = [start(owner) for _ in range(2)]
    for job in jobs:
        wait_for(job, GenerationStatus.STREAMING)
    running = desk.member("writer").running
    assert running
    running.ask_to_stop()
    eventually(lambda: running.exit_code is not None, within_s=running.service.stop_s)
    assert running.exit_code == 0
    all_closed(provider, within_s=1)

    for job in jobs:
        check_whole(job, writing)
        outcomes = list(ProviderCall.objects.filter(job=job).values_list("outcome", flat=True))
        assert outcomes.count(CallOutcome.HANDED_OVER) == 1
        assert CallOutcome.LOST not in outcomes


def test_a_valkey_killed_in_mid_stream_stops_neither_the_job_nor_its_viewer(
    owner: User, desk: Desk, writing: Author, mortal_valkey: MortalValkey
) -> None:
    job = start(owner)
    viewer = Viewer(job.pk)
    wait_for(job, GenerationStatus.STREAMING)
    time.sleep(random.uniform(0, 1))
    mortal_valkey.kill()
    time.sleep(2)
    seen = viewer.text
    mortal_valkey.start()
    check_whole(job, writing)
    check_told(job)

    assert viewer.waited().strip() == job.text.strip()
    assert len(seen) < len(job.text)
    assert not GenerationJob.objects.filter(tries__gt=1).exists()
    again = start(owner)  # and the broker is used again
    check_whole(again, writing)


def test_the_bundled_models_words_survive_a_killed_writer(
    owner: User, model_url: str, mortal_valkey: MortalValkey, settings: Settings, tree: Tree, tmp_path: Path
) -> None:
    with desk_with(model_url, mortal_valkey, settings, tree, tmp_path) as desk:
        job = start(owner, words=120)
        viewer = Viewer(job.pk)
        wait_for(job, GenerationStatus.STREAMING)
        desk.kill("writer")
        check_ended(job)
        check_told(job)

    assert job.tries == 2
    assert job.endpoint == "bundled"
    assert viewer.waited().strip() == job.text.strip()
