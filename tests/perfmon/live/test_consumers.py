"""The websocket's door: who comes in, what is answered."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission, User

from perfmon import guard
from perfmon.live.protocol import MAX_TOPICS
from perfmon.recorders.sockets import SocketRecorder
from perfmon.tokens import token_create, token_revoke
from tests.perfmon.live.conftest import login, until


def open_sockets() -> int:
    """Return what the recorder counts."""
    return sum(window.max for _key, window in SocketRecorder().sample(0))


async def new_token(scopes: tuple[str, ...] = ("live:read",)) -> tuple[int, str]:
    """Make a token; return its id and its raw text."""
    token, raw = await sync_to_async(token_create)(name="a wall display", scopes=scopes)
    return token.pk, raw


# Who comes in


async def test_a_visitor_is_told_to_log_in(opened, transactional_db):
    socket = await opened()
    assert socket.accepted
    assert await socket.closed_with() == 4401


async def test_a_user_who_may_not_see_the_dashboard_is_told_so(opened, transactional_db):
    user = await User.objects.acreate(username="bob")
    socket = await opened(await sync_to_async(login)(user))
    assert await socket.closed_with() == 4403


async def test_the_permission_lets_in_who_is_not_staff(opened, transactional_db):
    user = await User.objects.acreate(username="eve")
    permission = await Permission.objects.aget(codename="view_dashboard")
    await user.user_permissions.aadd(permission)
    socket = await opened(await sync_to_async(login)(user))
    await socket.ask(type="ping")
    assert await socket.hear() == {"type": "pong"}


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver.evil.example", "null", "file://", ""])
async def test_another_sites_page_is_refused_before_the_handshake(opened, session, origin):
    socket = await opened(session, origin=origin)
    assert (socket.accepted, socket.code) == (False, 4403)


async def test_a_session_without_an_origin_is_refused(opened, session):
    assert not (await opened(session, origin=None)).accepted


async def test_the_origin_may_be_another_of_the_sites_hosts_but_not_any_host(opened, session, settings):
    settings.ALLOWED_HOSTS = ["*", ".example.org"]
    assert (await opened(session, origin="https://www.example.org")).accepted
    assert not (await opened(session, origin="https://example.com")).accepted


@pytest.mark.parametrize(("origin", "host"), [("https://site:443", "site"), ("http://[::1]:8000", "[::1]:8000")])
async def test_the_origin_is_the_host_asked_for_whatever_way_it_is_written(opened, session, origin, host):
    assert (await opened(session, origin=origin, host=host)).accepted


async def test_a_program_comes_in_with_a_token_and_no_origin(opened, transactional_db):
    _id, raw = await new_token()
    socket = await opened(token=raw, origin=None)
    await socket.ask(type="ping")
    assert await socket.hear() == {"type": "pong"}


async def test_a_token_of_another_scope_or_of_nobody_is_refused(opened, transactional_db):
    _id, raw = await new_token(("metrics:write",))
    assert await (await opened(token=raw, origin=None)).closed_with() == 4401
    assert await (await opened(token="pm_wrong", origin=None)).closed_with() == 4401


async def test_a_bad_token_is_not_made_good_by_a_session(opened, session):
    assert await (await opened(session, token="pm_wrong")).closed_with() == 4401


# Those who were let in and may no longer


async def test_logging_out_ends_every_socket_of_the_session(opened, session, hub):
    first, second = await opened(session), await opened(session)
    await first.let_in()
    await second.let_in()
    from django.contrib.sessions.backends.cached_db import SessionStore

    await sync_to_async(SessionStore(session).delete)()
    await hub().recheck()
    assert await first.closed_with() == await second.closed_with() == 4401


async def test_losing_the_right_ends_the_socket(socket, staff, hub):
    await socket.let_in()
    staff.is_staff = False
    await staff.asave()
    await hub().recheck()
    assert await socket.closed_with() == 4403


async def test_a_revoked_token_ends_the_socket(opened, hub, transactional_db):
    token_id, raw = await new_token()
    socket = await opened(token=raw, origin=None)
    await socket.let_in()
    await sync_to_async(token_revoke)(token_id=token_id)
    await hub().recheck()
    assert await socket.closed_with() == 4401


async def test_those_who_still_may_stay(socket, hub):
    await socket.let_in()
    await hub().recheck()
    await socket.ask(type="ping")
    assert await socket.hear() == {"type": "pong"}


# What is answered


async def test_a_subscriber_gets_a_snapshot_and_then_frames(socket, local_bus):
    await socket.ask(type="subscribe", topics=["overview/5m"])
    snapshot = await socket.hear()
    assert snapshot == {
        "type": "snapshot", "topic": "overview/5m", "seq": 0, "data": {"topic": "overview/5m", "build": 1},
    }  # fmt: skip
    local_bus.publish("overview/5m", b'{"build":2}')
    assert await socket.hear() == {"type": "frame", "topic": "overview/5m", "seq": 1, "data": {"build": 2}}


async def test_nothing_comes_of_a_topic_after_unsubscribing(socket, local_bus):
    await socket.ask(type="subscribe", topics=["overview/5m", "overview/1h"])
    await socket.hear()
    await socket.hear()
    await socket.ask(type="unsubscribe", topics=["overview/5m"])
    await socket.ask(type="ping")
    assert await socket.hear() == {"type": "pong"}
    local_bus.publish("overview/5m", b"1")
    local_bus.publish("overview/1h", b"2")
    assert (await socket.hear())["topic"] == "overview/1h"


async def test_a_resync_is_answered_by_a_snapshot(socket):
    await socket.ask(type="subscribe", topics=["overview/5m"])
    await socket.hear()
    await socket.ask(type="resync", topic="overview/5m")
    assert (await socket.hear())["type"] == "snapshot"


async def test_a_resync_needs_a_subscription(socket):
    await socket.ask(type="resync", topic="overview/5m")
    problem = await socket.hear()
    assert (problem["code"], problem["field"], problem["topic"]) == ("not_subscribed", "topic", "overview/5m")


async def test_an_unknown_topic_is_named_and_the_others_are_served(socket):
    await socket.ask(type="subscribe", topics=["nothing/5m", "overview/5m"])
    answers = {answer["type"]: answer for answer in (await socket.hear(), await socket.hear())}
    assert answers["snapshot"]["topic"] == "overview/5m"
    assert answers["error"]["code"] == "unknown_topic"
    assert answers["error"]["topic"] == "nothing/5m"
    assert "pages are" in answers["error"]["message"]


async def test_a_topic_that_cannot_be_read_now_is_said_to_be_so_and_its_frames_follow(socket, topics, local_bus):
    topics.broken.add("overview/5m")
    await socket.ask(type="subscribe", topics=["overview/5m"])
    assert (await socket.hear())["code"] == "unavailable"
    assert guard.failures["live snapshot"] == 1
    local_bus.publish("overview/5m", b"{}")
    assert (await socket.hear())["type"] == "frame"


async def test_a_socket_watches_a_bounded_number_of_topics(socket):
    for first in (0, 10):
        await socket.ask(type="subscribe", topics=[f"overview/{n}" for n in range(first, first + 10)])
    answers = [await socket.hear() for _ in range(20)]
    refused = [answer["code"] for answer in answers if answer["type"] == "error"]
    assert refused == ["too_many_topics"] * (20 - MAX_TOPICS)


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("{", "bad_json", None),
        ("[1]", "bad_json", None),
        ('{"type": "steal"}', "bad_type", "type"),
        ('{"topics": ["overview/5m"]}', "bad_type", "type"),
        ('{"type": "subscribe"}', "bad_topics", "topics"),
        ('{"type": "subscribe", "topics": [7]}', "bad_topics", "topics"),
        ('{"type": "resync"}', "bad_topic", "topic"),
        ('{"type": "ping", "loud": true}', "unknown_field", "loud"),
        (json.dumps({"type": "subscribe", "topics": ["overview"] * 17}), "too_many_topics", "topics"),
        (json.dumps({"type": "x" * 5000}), "too_large", None),
    ],
)
async def test_what_cannot_be_understood_is_answered_naming_the_field(socket, text, code, field):
    await socket.send_to(text_data=text)
    problem = await socket.hear()
    assert (problem["type"], problem["code"], problem.get("field")) == ("error", code, field)
    await socket.ask(type="ping")
    assert await socket.hear() == {"type": "pong"}


async def test_binary_messages_are_answered_with_an_error(socket):
    await socket.send_to(bytes_data=b"\x00\xff")
    assert (await socket.hear())["code"] == "not_text"


async def test_a_client_that_never_stops_asking_is_shown_out(socket):
    for _ in range(31):
        await socket.ask(type="ping")
    answers = [await socket.hear() for _ in range(31)]
    assert answers[-1]["code"] == "too_fast"
    assert await socket.closed_with() == 1008


async def test_the_protocols_version_is_agreed_on_when_the_client_names_it(opened, session):
    assert (await opened(session, subprotocols=["perfmon.v1"])).code == "perfmon.v1"
    assert (await opened(session)).code is None


async def test_open_sockets_are_counted_and_refused_ones_are_not(opened, session):
    before = open_sockets()
    await opened(session, origin="https://evil.example")
    socket = await opened(session)
    await socket.ask(type="ping")
    await socket.hear()
    assert open_sockets() == before + 1
    await socket.disconnect()
    assert open_sockets() == before


async def test_the_projects_own_address_shows_the_dashboards_topics(session, settings):
    from channels.auth import AuthMiddlewareStack
    from channels.routing import URLRouter

    from perfmon.live.routing import websocket_urlpatterns

    cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
    headers = [(b"host", b"testserver"), (b"origin", b"http://testserver"), (b"cookie", cookie)]
    app = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
    communicator = WebsocketCommunicator(app, "/ws/perfmon/", headers=headers)
    await communicator.connect()
    await communicator.send_to(text_data='{"type": "subscribe", "topics": ["overview/5m"]}')
    snapshot = json.loads(await communicator.receive_from(timeout=5))
    await communicator.disconnect()
    assert snapshot["type"] == "snapshot"
    assert set(snapshot["data"]) >= {"topic", "range", "generated_at", "panels"}


async def test_a_client_that_leaves_while_its_snapshot_is_built_leaves_nothing_behind(opened, session, hub, topics):
    socket = await opened(session)
    await socket.ask(type="subscribe", topics=["overview/5m"])
    await socket.disconnect()
    await until(lambda: not hub()._joined)
    assert not hub()._readers
