"""200 viewers of one job over real websockets at a served site: every piece once, in order, and all of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from articles.enums import GenerationKind, GenerationStatus
from articles.generation.playback import Playback
from articles.generation.runner import job_run
from articles.generation.tape import _tape_at
from articles.models import GenerationJob
from articles.services.tokens import token_create
from articles.tokens import Scope
from tests.articles.generation.streams import Teller
from tests.endtoend.conftest import Cluster
from tests.fixtures.fake_provider import PROSE, FakeProvider

pytestmark = pytest.mark.timeout(180)
VIEWERS, LATE = 200, 10
PIECES = 300


class Viewer:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.played = Playback()
        self.seq = ""
        self.code: int | None = None

    async def watch(self, url: str, token: str) -> None:
        """Watch until the server closes."""
        query = f"?after={self.seq}" if self.seq else ""
        async with connect(url + query, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            try:
                while True:
                    self.hear(json.loads(await socket.recv()))
            except ConnectionClosed as closed:
                self.code = closed.rcvd.code if closed.rcvd else None

    def hear(self, message: dict[str, Any]) -> None:
        """Take note of one message."""
        self.seq = message["seq"]
        self.played.play(message["event"])
        if message["event"]["type"] == "text" and message["event"]["text"]:
            self.pieces.append(message["event"]["text"])

    async def heard(self, condition: Callable[[Viewer], Any]) -> None:
        """Wait until it was sent something."""
        async with asyncio.timeout(60):
            while not condition(self):
                await asyncio.sleep(0.01)


@pytest.fixture
def job(transactional_db: None, valkey_url: str, settings: Any) -> GenerationJob:
    """A job that is being written."""
    settings.REDIS_URL = valkey_url
    _tape_at.cache_clear()
    owner = User.objects.create_user("clarice")
    return GenerationJob.objects.create(kind=GenerationKind.ARTICLE, owner=owner, status=GenerationStatus.STREAMING)


@pytest.fixture
def cluster(cluster_of: Callable[[str], Cluster], valkey_url: str) -> Cluster:
    """Web processes on the job's Valkey and database."""
    return cluster_of(valkey_url)


def test_200_viewers_and_those_who_come_late_get_all_of_it_in_order_and_once(
    cluster: Cluster, job: GenerationJob
) -> None:
    token = token_create(user=job.owner, scopes=[Scope.READ])[1]
    url = f"ws://127.0.0.1:{cluster.web()}/ws/studio/generation/{job.pk}/"
    asyncio.run(_watched(url, token, Teller(job.pk)))


async def _watched(url: str, token: str, teller: Teller) -> None:
    teller.say("")
    viewers = [Viewer() for _ in range(VIEWERS)]
    watching = [asyncio.create_task(viewer.watch(url, token)) for viewer in viewers]
    for viewer in viewers:
        await viewer.heard(lambda viewer: viewer.seq)
    begun, late = asyncio.Event(), [Viewer() for _ in range(LATE)]
    writer = threading.Thread(target=_write, args=(teller, asyncio.get_running_loop(), begun))
    writer.start()
    await begun.wait()
    watching += [asyncio.create_task(viewer.watch(url, token)) for viewer in late]
    await asyncio.wait_for(asyncio.gather(*watching), 90)
    writer.join()

    sent = [f"{number} " for number in range(PIECES)]
    assert all(viewer.pieces == sent for viewer in viewers)
    assert {viewer.played.text_of(1) for viewer in [*viewers, *late]} == {"".join(sent)}
    assert all(viewer.pieces == sent[len(sent) - len(viewer.pieces) :] for viewer in late)
    assert all(len(viewer.pieces) < PIECES for viewer in late)
    assert {viewer.code for viewer in [*viewers, *late]} == {1000}


def _write(teller: Teller, loop: asyncio.AbstractEventLoop, begun: asyncio.Event) -> None:
    pause = threading.Event()
    for number in range(PIECES):
        teller.say(f"{number} ")
        pause.wait(0.02)  # as fast as a model writes
        if number == PIECES // 3:
            loop.call_soon_threadsafe(begun.set)
    teller.end()


def test_who_loses_the_server_goes_on_at_another_one(cluster: Cluster, job: GenerationJob) -> None:
    token = token_create(user=job.owner, scopes=[Scope.READ])[1]
    urls = [f"ws://127.0.0.1:{cluster.web()}/ws/studio/generation/{job.pk}/" for _ in range(2)]
    teller = Teller(job.pk)

    async def moved() -> Viewer:
        teller.say("")
        viewer = Viewer()
        first = asyncio.create_task(viewer.watch(urls[0], token))
        await viewer.heard(lambda viewer: viewer.seq)
        teller.say("a")
        await viewer.heard(lambda viewer: viewer.pieces == ["a"])
        await asyncio.to_thread(cluster.running[0].bury)
        await first
        teller.say("b")
        second = asyncio.create_task(viewer.watch(urls[1], token))
        await viewer.heard(lambda viewer: "b" in viewer.pieces)
        teller.say("c")
        teller.end()
        await asyncio.wait_for(second, 30)
        return viewer

    assert asyncio.run(moved()).pieces == ["a", "b", "c"]


def test_a_stop_over_the_api_reaches_every_viewer_with_the_words_so_far(
    cluster: Cluster, job: GenerationJob, provider: FakeProvider, settings: Any
) -> None:
    """The job is written in a thread of the test's, by the real runner, from a provider that never ends."""
    settings.LLM_ENDPOINTS = [provider.entry()]
    provider.answer(PROSE * 50, tokens_per_s=20)
    parameters = {"title": "Bread", "words": 300, "outline": ["Flour", "Water"]}
    GenerationJob.objects.update(status=GenerationStatus.QUEUED, parameters=parameters)
    token = token_create(user=job.owner, scopes=[Scope.GENERATE])[1]
    site = f"127.0.0.1:{cluster.web()}"

    async def stopped() -> list[Viewer]:
        viewers = [Viewer() for _ in range(20)]
        url = f"ws://{site}/ws/studio/generation/{job.pk}/"
        watching = [asyncio.create_task(viewer.watch(url, token)) for viewer in viewers]
        for viewer in viewers:
            await viewer.heard(lambda viewer: viewer.seq)
        runner = asyncio.create_task(asyncio.to_thread(_run, job.pk))
        for viewer in viewers:
            await viewer.heard(lambda viewer: len(viewer.pieces) > 3)
        cancel = f"http://{site}/api/generate/{job.pk}/cancel"
        answer = await asyncio.to_thread(httpx.post, cancel, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert answer.status_code == 200
        await asyncio.wait_for(asyncio.gather(*watching), 30)
        await runner
        return viewers

    viewers = asyncio.run(stopped())
    job.refresh_from_db()
    assert job.status == GenerationStatus.CANCELLED
    assert provider.chats[-1].closed_by_client
    assert {viewer.played.values["status"] for viewer in viewers} == {"cancelled"}
    assert {viewer.played.text_of(1) for viewer in viewers} == {job.state["partial"][0]["text"]}
    assert {viewer.code for viewer in viewers} == {1000}


def _run(job_id: int) -> None:
    try:
        job_run(job_id)
    finally:
        connections.close_all()


def test_a_job_that_is_over_is_told_whole_and_closed(cluster: Cluster, job: GenerationJob) -> None:
    token = token_create(user=job.owner, scopes=[Scope.READ])[1]
    GenerationJob.objects.update(
        status=GenerationStatus.SUCCEEDED, finished_at=timezone.now(),
        state={"sections": [{"title": "One", "text": "All."}]},
    )  # fmt: skip
    viewer = Viewer()
    asyncio.run(viewer.watch(f"ws://127.0.0.1:{cluster.web()}/ws/studio/generation/{job.pk}/", token))

    assert (viewer.played.text_of(1), viewer.played.is_over, viewer.code) == ("All.", True, 1000)
