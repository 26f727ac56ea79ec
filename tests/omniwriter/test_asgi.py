"""The project's served path as a client meets it: pages, files, the streams' door, websockets, refusals, the end."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
import redis
import websockets

from omniwriter import asgi
from omniwriter.cache.keys import channel
from perfmon.ingest import ingest
from perfmon.series import SeriesKey
from tests.fixtures.site import Site
from tests.waiting import eventually


def test_pages_are_served_through_the_bridge(site: Site) -> None:
    response = httpx.get(f"{site.url}/")

    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(response.content)


def test_static_files_are_served_without_debug(site: Site) -> None:
    response = httpx.get(f"{site.url}/static/perfmon/tokens.css")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/css")


def test_long_streams_have_a_handler_of_their_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []

    async def stream(scope: dict[str, Any], receive: Any, send: Any) -> None:
        served.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(asgi, "stream", stream)

    assert httpx.get(f"{site.url}/events/generation/1").status_code == 204
    assert httpx.get(f"{site.url}/").status_code == 200
    assert served == ["/events/generation/1"]


async def test_the_dashboards_websocket_is_there_and_asks_for_a_login(site: Site) -> None:
    async with websockets.connect(
        f"ws://127.0.0.1:{site.port}/ws/perfmon/", origin=f"http://127.0.0.1:{site.port}"
    ) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 5)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_a_request_that_django_never_sees_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: dict[SeriesKey, Any] = {}
    monkeypatch.setattr(ingest, "record_at", lambda second, windows: recorded.update(windows))

    asgi.count_refused({"method": "GET", "path": "/", "headers": []}, 503)
    asgi.count_refused({"method": "whatever", "path": "/", "headers": []}, 413)

    assert {key for key in recorded if key.kind == "response"} == {
        SeriesKey("response", "GET (refused) 5xx"),
        SeriesKey("response", "OTHER (refused) 4xx"),
    }


async def test_measurements_are_sent_before_the_server_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[float] = []
    monkeypatch.setattr(ingest, "stop", lambda: stopped.append(time.monotonic()))
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    said: list[str] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        said.append(f"{message['type']} after {len(stopped)}")

    await asgi.lifespan({"type": "lifespan"}, receive, send)

    assert said == ["lifespan.startup.complete after 0", "lifespan.shutdown.complete after 1"]


def listeners(client: redis.Redis) -> int:
    """Return how many processes hear of changes."""
    return client.pubsub_numsub(channel())[0][1]


async def test_a_server_listens_to_other_processes_changes_as_long_as_it_runs(settings, valkey_url: str) -> None:
    settings.CACHES = {
        **settings.CACHES,
        "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": valkey_url, "KEY_PREFIX": "t"},
    }
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: list[str] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message["type"])

    with redis.Redis.from_url(valkey_url) as client:
        serving = asyncio.create_task(asgi.lifespan({"type": "lifespan"}, messages.get, send))
        messages.put_nowait({"type": "lifespan.startup"})
        await asyncio.to_thread(eventually, lambda: listeners(client) == 1)
        messages.put_nowait({"type": "lifespan.shutdown"})
        await serving
        await asyncio.to_thread(eventually, lambda: listeners(client) == 0)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
