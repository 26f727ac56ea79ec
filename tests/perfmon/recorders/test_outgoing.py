"""Outgoing calls to a real server through every library that is hooked, and nothing secret in what is counted."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import httpx2
import pytest
import requests
import urllib3

from omniwriter.stack.ports import free_port
from perfmon.context import muted
from perfmon.recorders import uninstall_recorders
from perfmon.recorders.imports import _waiting
from perfmon.series import TOTAL_KEY, SeriesKey, Windows
from tests.perfmon.recorders.collected import recorded
from tests.perfmon.recorders.served import serving

OURS = "perfmon/recorders/outgoing"
HOST = "127.0.0.1"
Call = Callable[[str], object]


@pytest.fixture
def server(recording: None) -> Iterator[str]:
    """The address of a server, with credentials in it as people have them."""
    with serving() as port:
        yield f"http://{HOST}:{port}"


def with_client(url: str) -> None:
    """Call by the standard library's own client."""
    scheme, _slashes, rest = url.partition("://")
    place, _slash, path = rest.partition("/")
    assert scheme == "http"
    connection = http.client.HTTPConnection(place, timeout=10)
    try:
        connection.request("GET", f"/{path}")
        connection.getresponse().read()
    finally:
        connection.close()


def with_urllib(url: str) -> None:
    """Call by urllib, which raises for 4xx and 5xx."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as response:
        response.read()


def with_requests(url: str) -> None:
    """Call by requests."""
    with requests.Session() as session:
        session.trust_env = False
        session.get(url, timeout=10)


def with_httpx(url: str) -> None:
    """Call by httpx."""
    with httpx.Client(trust_env=False) as client:
        client.get(url)


def with_httpx2(url: str) -> None:
    """Call by httpx2."""
    with httpx2.Client(trust_env=False) as client:
        client.get(url)


def with_httpx_async(url: str) -> None:
    """Call by httpx's async client."""

    async def call() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(url)

    asyncio.run(call())


def with_httpx2_async(url: str) -> None:
    """Call by httpx2's async client."""

    async def call() -> None:
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.get(url)

    asyncio.run(call())


EVERY = (with_client, with_urllib, with_requests, with_httpx, with_httpx2, with_httpx_async, with_httpx2_async)
every_library = pytest.mark.parametrize("call", EVERY, ids=lambda call: call.__name__[5:])


def calls(windows: Windows) -> dict[str, tuple[int, int]]:
    """Calls and failures by key."""
    return {key.key: (window.count, window.errors) for key, window in windows.items() if key.kind == "outgoing"}


def ended(windows: Windows) -> dict[str, int]:
    """How the calls of each key ended, without the totals."""
    statuses = {key.key: window.count for key, window in windows.items() if key.kind == "outgoing_status"}
    return {key: count for key, count in statuses.items() if not key.startswith(f"{TOTAL_KEY} ")}


@every_library
def test_a_call_is_counted_once_with_its_time_and_status(server, call: Call):
    call(f"{server}/slow/?key=s3cret")
    windows = recorded()
    key = f"{HOST} GET /slow"
    assert calls(windows) == {key: (1, 0), "*": (1, 0)}
    assert ended(windows) == {f"{key} 2xx": 1}
    assert windows[SeriesKey("outgoing", key)].max >= 50_000_000
    assert windows[SeriesKey("outgoing", key)].histogram.count == 1


@every_library
@pytest.mark.parametrize("status", [404, 503])
def test_an_answer_of_400_and_up_is_an_error_of_its_class(server, call: Call, status: int):
    try:
        call(f"{server}/status/{status}")
    except urllib.error.HTTPError as error:
        error.close()
    windows = recorded()
    assert calls(windows)[f"{HOST} GET /status/*"] == (1, 1)
    assert ended(windows) == {f"{HOST} GET /status/* {status // 100}xx": 1}


@every_library
def test_a_host_that_is_not_there_and_an_answer_that_breaks_off_are_errors_without_a_class(server, call: Call):
    for url in (f"http://{HOST}:{free_port()}/away", f"{server}/cut/"):
        with pytest.raises(Exception, match=r"."):
            call(url)
    assert ended(recorded()) == {f"{HOST} GET /away failed": 1, f"{HOST} GET /cut failed": 1}


def test_no_port_credential_query_or_token_is_in_what_is_counted(server):
    port = server.rpartition(":")[2]
    for path in ("/services/T0AB12/B7/XyZ9secret", "/bot99:s3cret/send", "/users/8f3a/posts?token=s3cret#s3cret"):
        with_httpx2(f"http://user:s3cret@{HOST}:{port}{path}")
    told = "".join(f"{key}" for key in recorded())
    assert "s3cret" not in told
    assert "secret" not in told
    assert "user:" not in told
    assert port not in told


def test_a_request_to_a_proxy_is_the_hosts_it_is_meant_for(server):
    place = server.removeprefix("http://")
    with_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://u:s3cret@{place}"}))
    with_proxy.open("http://api.example.org:8080/v1/list?q=s3cret", timeout=10).read()
    assert set(calls(recorded())) == {"api.example.org GET /v1/list", "*"}


def test_a_connection_that_is_used_again_counts_each_request(server):
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=10)
    for _ in range(3):
        connection.request("POST", "/v1/chat/completions", body=b"{}")
        connection.getresponse().read()
    connection.close()
    window = recorded()[SeriesKey("outgoing", f"{HOST} POST /v1/chat/completions")]
    assert (window.count, window.errors, window.histogram.count) == (3, 0, 3)


def test_a_host_that_urllib3_cant_reach_by_https_has_failed_connections(recording):
    with urllib3.PoolManager(retries=False) as pool, pytest.raises(urllib3.exceptions.HTTPError):
        pool.request("GET", f"https://{HOST}:{free_port()}/")
    assert ended(recorded()) == {f"{HOST} CONNECT / failed": 1}


def test_perfmons_own_calls_are_left_out(server):
    with muted():
        for call in EVERY:
            call(f"{server}/own")
    assert recorded() == {}


def test_hosts_and_routes_without_end_share_series(server):
    for number in range(80):
        with_client(f"{server}/{'abcdefgh'[number % 8]}{'abcdefghij'[number // 8]}")
    found = calls(recorded())
    assert found[f"{HOST} (other)"] == (60, 0)
    assert len(found) == 22  # twenty routes, what they share, and the total


def test_uninstalled_every_method_is_its_owners_again(server):
    uninstall_recorders()
    for call in EVERY:
        call(f"{server}/none")
    assert recorded() == {}
    assert OURS not in http.client.HTTPConnection.getresponse.__code__.co_filename
    assert OURS not in httpx2.HTTPTransport.handle_request.__code__.co_filename
    assert _waiting not in sys.meta_path


def test_a_hook_that_another_has_put_over_ours_is_left_alone(recording, monkeypatch):
    def theirs(self: object) -> None:
        raise NotImplementedError

    before = http.client.HTTPConnection.getresponse.__wrapped__  # type: ignore[attr-defined]
    http.client.HTTPConnection.getresponse = theirs  # type: ignore[assignment,method-assign]
    uninstall_recorders()
    assert http.client.HTTPConnection.getresponse is theirs
    http.client.HTTPConnection.getresponse = before  # type: ignore[method-assign]


LATE = """
import sys, django
from django.conf import settings
settings.configure(INSTALLED_APPS=["perfmon"], PERFMON={"LOCAL_COLLECTOR": False}, DATABASES={})
django.setup()
assert not {"httpx2", "httpx", "urllib3", "celery"} & set(sys.modules), "imported on our account"
from perfmon.ingest import ingest
ingest.threaded = False
import httpx2, inspect
assert "perfmon/recorders/outgoing" in httpx2.HTTPTransport.handle_request.__code__.co_filename
assert inspect.getsource(httpx2).strip()
with httpx2.Client(trust_env=False) as client:
    print(client.get(sys.argv[1]).status_code)
print(sorted(key for slot in ingest._shards[0].slots.values() for key, _ in slot.series()))
"""


def test_a_library_that_is_imported_later_is_hooked_then_and_none_is_imported_for_it(server):
    command = [sys.executable, "-c", LATE, f"{server}/late"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("200\n")
    assert "GET /late" in done.stdout
