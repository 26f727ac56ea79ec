"""A generation job as server-sent events, from a really served site: who may listen, from where on, until when."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from articles.api import generation_events
from articles.enums import GenerationKind, GenerationStatus
from articles.generation.tape import _tape_at
from articles.models import AccessToken, GenerationJob
from articles.services.tokens import token_create
from articles.tokens import Scope
from omniwriter.stack.ports import free_port
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Service, run
from tests.articles.generation.streams import Teller
from tests.articles.generation.watching import close_connections_of_threads
from tests.fixtures.site import ROOT, Site
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _own_stream(settings: Any, transactional_db: None) -> Iterator[None]:
    settings.REDIS_URL = ""
    _tape_at.cache_clear()
    yield
    close_connections_of_threads()


@pytest.fixture
def job(transactional_db: None) -> GenerationJob:
    """A job that is being written."""
    owner = User.objects.create_user("clarice")
    return GenerationJob.objects.create(kind=GenerationKind.ARTICLE, owner=owner, status=GenerationStatus.STREAMING)


@pytest.fixture
def token(job: GenerationJob) -> str:
    """A token of its owner's."""
    return token_create(user=job.owner, scopes=[Scope.READ])[1]


class Listener:
    """An open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def hear(self) -> tuple[str, str, dict[str, Any]]:
        """Return the next event: its id, its name and what it says."""
        told: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _colon, value = line.partition(": ")
                told[name] = value
            elif "data" in told:
                return told["id"], told["event"], json.loads(told["data"])
        raise EOFError

    def has_ended(self) -> bool:
        """Whether the server says nothing more."""
        return not [line for line in self._lines if line]


@contextmanager
def listening(site: Site, job_id: int, **headers: str) -> Iterator[Listener]:
    """Open a stream."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.stream("GET", f"{site.url}/events/generation/{job_id}", headers=sent, timeout=10) as response:
        yield Listener(response)


def test_all_there_is_and_then_every_event_until_the_end(site: Site, job: GenerationJob, token: str) -> None:
    teller = Teller(job.pk)
    teller.say("a")
    with listening(site, job.pk, Authorization=f"Bearer {token}") as listener:
        _seq, kind, whole = listener.hear()
        teller.say("b")
        words = listener.hear()
        teller.end(article_id=3)
        end = listener.hear()
        headers = listener.response.headers
        assert listener.has_ended()

    assert (kind, whole["sections"][0]["text"]) == ("snapshot", "a")
    assert words[1:] == ("text", {"type": "text", "section": 1, "at": 1, "text": "b"})
    assert (end[0], end[2]["article_id"]) == ("end", 3)
    assert headers["content-type"] == "text/event-stream"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("private, no-store", "no")


def test_who_was_cut_off_gets_the_rest(site: Site, job: GenerationJob, token: str) -> None:
    teller = Teller(job.pk)
    teller.say("a")
    with listening(site, job.pk, Authorization=f"Bearer {token}") as listener:
        seq, _kind, _whole = listener.hear()
    teller.say("b")

    with listening(site, job.pk, Authorization=f"Bearer {token}", Last_Event_ID=seq) as listener:
        assert listener.hear()[2]["text"] == "b"


def test_a_browser_that_heard_the_end_is_told_to_ask_no_more(site: Site, job: GenerationJob, token: str) -> None:
    GenerationJob.objects.update(status=GenerationStatus.SUCCEEDED, finished_at=timezone.now())
    with listening(site, job.pk, Authorization=f"Bearer {token}", Last_Event_ID="end") as listener:
        assert listener.response.status_code == 204
    with listening(site, job.pk, Authorization=f"Bearer {token}", Last_Event_ID="x") as listener:
        assert [listener.hear()[1] for _ in range(2)] == ["snapshot", "end"]


def test_a_session_may_listen_and_others_may_not(site: Site, job: GenerationJob) -> None:
    def status_for(user: User | None) -> int:
        client = Client()
        if user is not None:
            client.force_login(user)
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        with httpx.stream("GET", f"{site.url}/events/generation/{job.pk}", cookies=cookies) as response:
            return response.status_code

    assert django_settings.SESSION_COOKIE_NAME
    assert status_for(job.owner) == 200
    assert status_for(User.objects.create_user("eve")) == 404
    assert status_for(None) == 401


def test_a_program_needs_a_scope(site: Site, job: GenerationJob) -> None:
    raw = token_create(user=job.owner, scopes=[Scope.IMAGES])[1]
    with listening(site, job.pk, Authorization=f"Bearer {raw}") as listener:
        assert listener.response.status_code == 404
    assert httpx.post(f"{site.url}/events/generation/{job.pk}").status_code in (403, 405)


def test_silence_is_filled_and_rights_are_asked_for_again(
    site: Site, job: GenerationJob, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_events, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(generation_events, "RECHECK_S", 0.2)
    with listening(site, job.pk, Authorization=f"Bearer {token}") as listener:
        listener.hear()
        assert next(listener._lines) == ": still there"
        AccessToken.objects.all().delete()
        assert set(listener._lines) <= {": still there", ""}


def test_an_account_has_so_many_streams_and_no_more(
    site: Site, job: GenerationJob, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_events, "MOST_STREAMS", 1)
    with listening(site, job.pk, Authorization=f"Bearer {token}") as listener:
        listener.hear()
        with listening(site, job.pk, Authorization=f"Bearer {token}") as second:
            assert (second.response.status_code, second.response.headers["retry-after"]) == (429, "10")
    eventually(lambda: not generation_events._open)


def test_a_listener_does_not_keep_the_server_from_stopping(
    valkey_url: str, job: GenerationJob, token: str, tree: Tree, tmp_path: Any
) -> None:
    port = free_port()
    env = {
        "REDIS_URL": valkey_url, "DATABASE_URL": f"sqlite:///{connections['default'].settings_dict['NAME']}",
        "OMNI_VAR_DIR": str(tmp_path), "ALLOWED_HOSTS": "127.0.0.1",
    }  # fmt: skip
    command = (
        sys.executable, "-m", "uvicorn", "omniwriter.asgi:application", "--port", str(port), "--loop", "uvloop",
        "--ws", "websockets-sansio", "--timeout-graceful-shutdown", "2",
    )  # fmt: skip
    service = Service(name="web", command=command, listens=port, env=env, cwd=ROOT)
    with (
        run(service, tmp_path / "web.log", tree) as running,
        listening(Site(f"http://127.0.0.1:{port}", port), job.pk, Authorization=f"Bearer {token}") as listener,
    ):
        listener.hear()
        os.kill(running.child.pid, signal.SIGTERM)
        with pytest.raises((EOFError, httpx.RemoteProtocolError)):
            listener.hear()
        eventually(lambda: running.exit_code is not None)
