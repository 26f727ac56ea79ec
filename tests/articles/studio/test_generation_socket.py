"""The websocket of a generation job: who is let in, what is sent, and when it is closed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.urls import path

from articles.enums import GenerationKind, GenerationStatus
from articles.generation.jobs import job_cancel
from articles.generation.tape import _tape_at
from articles.models import AccessToken, GenerationJob
from articles.services.tokens import token_create
from articles.studio.generation_socket import GenerationConsumer
from articles.tokens import Scope
from tests.articles.generation.streams import Teller
from tests.articles.generation.watching import close_connections_of_threads

HOST = "testserver"


class Socket(WebsocketCommunicator):
    """One viewer."""

    accepted: bool
    code: int | None

    async def hear(self) -> dict[str, Any]:
        """Return the next message."""
        told: dict[str, Any] = json.loads(await self.receive_from(timeout=5))
        return told

    async def closed_with(self) -> int:
        """Return the code the server closes with; what it sent before is skipped."""
        while True:
            event = await self.receive_output(timeout=5)
            if event["type"] == "websocket.close":
                return int(event["code"])


Opener = Callable[..., Awaitable[Socket]]


@pytest_asyncio.fixture
async def opened(transactional_db: None, settings: Any) -> AsyncIterator[Opener]:
    """Open a viewer's socket; all are closed at the end."""
    settings.REDIS_URL = ""
    _tape_at.cache_clear()
    sockets: list[Socket] = []

    async def open_socket(
        job_id: int, user: User | None = None, *, token: str = "", origin: str | None = f"http://{HOST}",
        after: str = "", **options: float,
    ) -> Socket:  # fmt: skip
        routes = [path("ws/studio/generation/<int:job_id>/", GenerationConsumer.as_asgi(**options))]
        headers = {"host": HOST, "origin": origin, "authorization": f"Bearer {token}" if token else None}
        if user is not None:
            headers["cookie"] = f"{django_settings.SESSION_COOKIE_NAME}={await sync_to_async(session_of)(user)}"
        encoded = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
        address = f"/ws/studio/generation/{job_id}/?after={after}"
        socket = Socket(AuthMiddlewareStack(URLRouter(routes)), address, headers=encoded)
        sockets.append(socket)
        socket.accepted, socket.code = await socket.connect(timeout=5)
        return socket

    yield open_socket
    for socket in sockets:
        await socket.disconnect()
    close_connections_of_threads()


def session_of(user: User) -> str:
    """Log the user in and return the session's key."""
    client = Client()
    client.force_login(user)
    assert client.session.session_key
    return client.session.session_key


@pytest_asyncio.fixture
async def clarice(transactional_db: None) -> User:
    """Whose job it is."""
    return await User.objects.acreate(username="clarice")


@pytest_asyncio.fixture
async def job(clarice: User) -> GenerationJob:
    """A job that is being written."""
    return await GenerationJob.objects.acreate(
        kind=GenerationKind.ARTICLE, owner=clarice, status=GenerationStatus.STREAMING
    )


async def token_of(user: User, *scopes: Scope) -> str:
    """Make a token."""
    return (await sync_to_async(token_create)(user=user, scopes=scopes))[1]


# Who comes in


async def test_a_visitor_is_told_to_log_in(opened: Opener, job: GenerationJob) -> None:
    socket = await opened(job.pk)
    assert socket.accepted
    assert await socket.closed_with() == 4401


async def test_anothers_job_and_one_that_is_not_there_are_closed_alike(opened: Opener, job: GenerationJob) -> None:
    eve = await User.objects.acreate(username="eve")
    assert await (await opened(job.pk, eve)).closed_with() == 4403
    assert await (await opened(999_999, eve)).closed_with() == 4403


async def test_a_superuser_looks_at_any_job(opened: Opener, job: GenerationJob) -> None:
    ana = await User.objects.acreate(username="ana", is_superuser=True)
    assert (await (await opened(job.pk, ana)).hear())["event"]["type"] == "snapshot"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver.evil.example", "null", "", None])
async def test_another_sites_page_is_refused_before_the_handshake(
    opened: Opener, job: GenerationJob, clarice: User, origin: str | None
) -> None:
    socket = await opened(job.pk, clarice, origin=origin)
    assert (socket.accepted, socket.code) == (False, 4403)


@pytest.mark.parametrize(
    ("scope", "code"), [(Scope.READ, 0), (Scope.GENERATE, 0), (Scope.WRITE, 4403), (Scope.IMAGES, 4403)]
)
async def test_a_program_needs_a_scope_and_no_origin(
    opened: Opener, job: GenerationJob, clarice: User, scope: Scope, code: int
) -> None:
    socket = await opened(job.pk, token=await token_of(clarice, scope), origin=None)
    if code:
        assert await socket.closed_with() == code
    else:
        assert (await socket.hear())["event"]["id"] == job.pk


async def test_a_bad_token_is_told_to_log_in_whatever_the_session(
    opened: Opener, job: GenerationJob, clarice: User
) -> None:
    assert await (await opened(job.pk, clarice, token="ow_" + "x" * 43)).closed_with() == 4401


async def test_who_logs_out_is_let_go_at_the_next_check(opened: Opener, job: GenerationJob, clarice: User) -> None:
    socket = await opened(job.pk, clarice, recheck_s=0.05)
    await socket.hear()
    await Session.objects.all().adelete()
    await sync_to_async(caches["sessions"].clear)()

    assert await socket.closed_with() == 4401


async def test_a_revoked_token_is_let_go_at_the_next_check(opened: Opener, job: GenerationJob, clarice: User) -> None:
    socket = await opened(job.pk, token=await token_of(clarice, Scope.READ), recheck_s=0.05)
    await socket.hear()
    await AccessToken.objects.all().adelete()

    assert await socket.closed_with() == 4401


# What is sent


async def test_what_is_sent_until_the_end(opened: Opener, job: GenerationJob, clarice: User) -> None:
    teller = Teller(job.pk)
    teller.say("*One* ")
    socket = await opened(job.pk, clarice)
    whole = await socket.hear()
    teller.say("two")
    words = await socket.hear()
    teller.end(article_id=5)
    end = await socket.hear()

    assert (whole["topic"], whole["event"]["type"]) == (f"generation.{job.pk}", "snapshot")
    assert whole["event"]["sections"][0]["text"] == "*One* "
    assert words["event"] == {"type": "text", "section": 1, "at": 6, "text": "two"}
    assert words["html"] == "<p><em>One</em> two</p>\n"
    assert (end["event"]["type"], end["event"]["article_id"]) == ("end", 5)
    assert await socket.closed_with() == 1000


async def test_who_was_cut_off_names_the_last_number_and_gets_the_rest(
    opened: Opener, job: GenerationJob, clarice: User
) -> None:
    teller = Teller(job.pk)
    teller.say("a")
    first = await opened(job.pk, clarice)
    last = (await first.hear())["seq"]
    teller.say("b")

    again = await opened(job.pk, clarice, after=last)

    assert (await again.hear())["event"]["text"] == "b"


@pytest.mark.parametrize("after", ["x", "1-", "9" * 40, "%00"])
async def test_a_number_that_is_none_gets_all(opened: Opener, job: GenerationJob, clarice: User, after: str) -> None:
    Teller(job.pk).say("a")
    assert (await (await opened(job.pk, clarice, after=after)).hear())["event"]["type"] == "snapshot"


async def test_a_stop_ends_it_for_every_viewer(opened: Opener, job: GenerationJob, clarice: User) -> None:
    await GenerationJob.objects.filter(pk=job.pk).aupdate(status=GenerationStatus.QUEUED)
    sockets = [await opened(job.pk, clarice) for _ in range(3)]
    for socket in sockets:
        await socket.hear()

    await sync_to_async(job_cancel)(job_id=job.pk)

    for socket in sockets:
        assert (await socket.hear())["event"]["type"] == "snapshot"  # its stream begins with the end
        assert (await socket.hear())["event"]["status"] == "cancelled"
        assert await socket.closed_with() == 1000


async def test_what_the_client_says_is_left_alone(opened: Opener, job: GenerationJob, clarice: User) -> None:
    socket = await opened(job.pk, clarice)
    await socket.hear()
    await socket.send_to(text_data="{")
    await socket.send_to(bytes_data=b"\x00")
    Teller(job.pk).say("a")

    assert (await socket.hear())["event"]["type"] == "snapshot"
