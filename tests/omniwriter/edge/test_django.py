"""The edge in front of Django: nobody gets what Django would not have given to them, and nothing old."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from omniwriter.bridge import Bridge
from omniwriter.cache import renew
from omniwriter.edge import Edge
from perfmon.series import SeriesKey

from .asking import Answered, Asked, ask
from .urls_kept import PLAIN

TOLD = Asked("/told/a/")


async def test_what_is_asked_again_comes_from_memory(edge: Edge) -> None:
    answers = [await ask(edge, TOLD) for _ in range(3)]

    assert [answer.headers["x-cache"] for answer in answers] == ["miss", "hit", "hit"]
    assert len({answer.body for answer in answers}) == 1
    assert len(edge.table) == 2  # the address, and its answer without a language


async def test_a_change_is_seen_by_the_next_question(edge: Edge) -> None:
    await ask(edge, TOLD)
    await ask(edge, TOLD)

    renew(["told"])

    assert (await ask(edge, TOLD)).headers["x-cache"] == "miss"


async def test_a_host_that_django_refuses_is_refused_each_time(edge: Edge) -> None:
    await ask(edge, TOLD)

    answers = [await ask(edge, Asked(TOLD.path, host="evil.example")) for _ in range(2)]

    assert [answer.status for answer in answers] == [400, 400]


async def test_a_session_or_a_token_passes_by_and_leaves_nothing(edge: Edge) -> None:
    for header in (("cookie", "sessionid=mine"), ("authorization", "Bearer mine")):
        answer = await ask(edge, Asked(TOLD.path, [header]))
        assert b"mine" in answer.body
        assert answer.headers["x-cache"] == "bypass"

    assert len(edge.table) == 0
    assert b"mine" not in (await ask(edge, TOLD)).body


PATHS = ["/told/%61/", "/told/b/", "/told/%FF/", "/told/%FE/", "/told/a"]
QUERIES = ["?page=2", "?page=2&tag=a", "?tag=a&page=2", "?page=2&utm_source=x", "?page=3&page=2", "?x=1"]
COOKIES = ["theme=dark", "sessionid=me", "sessionid=you", "a=b; sessionid=me", "django_language=pt-br", "csrftoken=x"]
HEADERS = {
    "accept-language": ["en", "pt-BR", "pt-br,en;q=0.5", "*", ""],
    "cookie": COOKIES,
    "authorization": ["Bearer me", "Bearer you"],
    "x-forwarded-proto": ["https", "http"],
    "x-forwarded-host": ["other.example", "evil.example"],
    "x-forwarded-port": ["8443"],
    "x-http-method-override": ["DELETE"],
    "x-original-url": ["/told/b/"],
    "x-rewrite-url": ["/told/b/"],
    "x_forwarded_proto": ["https"],
    "forwarded": ["host=evil.example;proto=https"],
    "accept": ["text/html"],
    "accept-encoding": ["gzip"],
    "cache-control": ["no-cache", "max-age=0"],
}


#: Each makes a request another one in one way.
CHANGES = [
    *({"headers": [(name, value)]} for name, values in HEADERS.items() for value in values),
    *({"path": path} for path in PATHS),
    *({"path": TOLD.path + query} for query in QUERIES),
    *({"host": host} for host in ("other.example", "evil.example", "TESTSERVER")),
    *({"method": method} for method in ("HEAD", "OPTIONS")),
    {"scheme": "https"},
]


@st.composite
def sequences(draw: st.DrawFn) -> list[Asked]:
    """A request, and others that differ from it, and from each other, in one or two ways, in any order."""
    changes = draw(st.lists(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=2), min_size=2, max_size=8))
    near = [replace(TOLD, **{key: value for change in several for key, value in change.items()}) for several in changes]
    return draw(st.permutations([TOLD, *near]))


def plain(asked: Asked) -> Asked:
    """Return the same request to the address that nothing keeps."""
    return Asked(PLAIN + asked.path, asked.headers, asked.method, asked.host, asked.scheme)


def same(kept: Answered, own: Answered) -> bool:
    """Whether two answers say the same, but for what the cache adds and the address of a redirect."""
    if kept.status != own.status:
        return False
    names = ("content-language", "strict-transport-security", "content-type", "content-length")
    return own.status != 200 or (
        kept.body == own.body and all(kept.headers.get(n) == own.headers.get(n) for n in names)
    )


@pytest.fixture
def trusting(settings) -> None:
    """Settings that make Django believe proxies about the address."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.USE_X_FORWARDED_HOST = settings.USE_X_FORWARDED_PORT = True
    settings.SECURE_HSTS_SECONDS = 60


def compare_all(bridge: Bridge, sequence: list[Asked]) -> None:
    """Ask an edge each twice, and compare with what Django says to the same request itself."""
    edge = Edge(bridge, limit_bytes=1 << 20)

    async def compare() -> None:
        for asked in sequence:
            own = await ask(bridge, plain(asked))
            for _ in range(2):
                assert same(await ask(edge, asked), own), asked

    renew(["all"])
    asyncio.run(compare())


PROPERTY = hypothesis_settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(sequences())
@PROPERTY
def test_everybody_gets_what_django_would_answer(bridge: Bridge, sequence: list[Asked]) -> None:
    compare_all(bridge, sequence)


@given(sequences())
@PROPERTY
def test_everybody_gets_what_django_would_answer_behind_proxies(
    trusting: None, bridge: Bridge, sequence: list[Asked]
) -> None:
    compare_all(bridge, sequence)


def test_each_way_to_differ_is_tried_against_a_kept_answer(bridge: Bridge) -> None:
    compare_all(bridge, [asked for change in CHANGES for asked in (TOLD, replace(TOLD, **change))])
    compare_all(bridge, [asked for change in CHANGES for asked in (replace(TOLD, **change), TOLD)])


async def test_answers_from_memory_are_counted_as_requests_of_their_route_and_as_reads(recorded, edge: Edge) -> None:
    for headers in ([], [], [], [("if-none-match", "*")]):
        await ask(edge, Asked(TOLD.path, headers))

    windows = recorded()
    assert windows[SeriesKey("request", "GET /told/<name>/")].count == 4
    assert windows[SeriesKey("response", "GET /told/<name>/ 3xx")].count == 1
    reads = windows[SeriesKey("cache_group", "edge/test.told")]
    assert (reads.count, reads.errors) == (4, 1)


async def test_an_answer_from_memory_tells_its_own_duration_when_answers_do(bridge: Bridge, settings) -> None:
    settings.PERFMON = {**settings.PERFMON, "SERVER_TIMING": True}
    edge = Edge(bridge, limit_bytes=1 << 20)
    await ask(edge, TOLD)

    told = [(await ask(edge, TOLD)).headers["server-timing"] for _ in range(2)]

    assert [float(text.removeprefix("app;dur=")) < 10_000 for text in told] == [True, True]
    assert told[0] != told[1]


async def test_paths_that_perfmon_leaves_out_are_left_out_here_too(recorded, edge: Edge, settings) -> None:
    settings.PERFMON = {**settings.PERFMON, "IGNORE_PATHS": ["/told/"]}
    edge._app = Bridge(get_wsgi_application(), threads=1, queue=8, limit_bytes=1 << 20)
    for _ in range(3):
        await ask(edge, TOLD)

    assert not [key for key in recorded() if key.kind == "request" or key.key.startswith("edge/")]
