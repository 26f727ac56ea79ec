"""Which answers are kept, and what of them."""

from __future__ import annotations

import pytest

from omniwriter.edge import Edge
from omniwriter.edge.answers import MAX_BODY_BYTES

from .asking import Asked, Origin, ask

ONE = Asked("/")


async def times_asked(origin: Origin, first: Asked = ONE, then: Asked = ONE) -> int:
    """Ask twice through an edge and return how often the origin was asked."""
    edge = Edge(origin, limit_bytes=1 << 20)
    answers = [await ask(edge, first), await ask(edge, then)]
    assert [answer.status for answer in answers] == [origin.status] * 2
    assert answers[1].body == origin.body
    return origin.asked


async def test_an_answer_that_is_kept_for_all_is_asked_for_once() -> None:
    for source in ("hit", "miss", "stale"):
        assert await times_asked(Origin(x_cache=source)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x_cache": "bypass"},
        {"x_cache": None},
        {"surrogate_key": None},
        {"cache_control": None},
        {"cache_control": "max-age=30"},
        {"cache_control": "private, max-age=30"},
        {"cache_control": "public, no-store"},
        {"cache_control": 'public, private="set-cookie"'},
        {"set_cookie": "a=b"},
        {"vary": "User-Agent"},
        {"vary": "Accept-Language, X-Device"},
        {"vary": "*"},
        {"content_length": None},
        {"content_length": "11"},
        {"content_range": "bytes 0-9/20"},
        {"www_authenticate": "Basic"},
    ],
    ids=str,
)
async def test_an_answer_that_is_not_for_all_is_not_kept(headers: dict[str, str | None]) -> None:
    assert await times_asked(Origin(**headers)) == 2


@pytest.mark.parametrize("status", [201, 203, 206, 301, 304, 404, 500])
async def test_only_200_is_kept(status: int) -> None:
    assert await times_asked(Origin(status=status)) == 2


async def test_a_large_or_streamed_answer_is_not_kept() -> None:
    streamed = Origin()
    streamed.pieces = 3

    assert await times_asked(streamed) == 2
    assert await times_asked(Origin(body=bytes(MAX_BODY_BYTES))) == 1
    assert await times_asked(Origin(body=bytes(MAX_BODY_BYTES + 1))) == 2


async def test_an_answer_keeps_its_headers_but_for_those_of_one_caller() -> None:
    own = {"ratelimit_limit": "9", "ratelimit_remaining": "3", "server_timing": "app;dur=1", "date": "today"}
    origin = Origin(x_cache="miss", link="</a>; rel=next", vary="Accept-Language, Cookie", **own)
    edge = Edge(origin, limit_bytes=1 << 20)

    first, second = [await ask(edge, ONE) for _ in range(2)]

    assert first.headers == {name: value for name, value in origin.headers.items() if value is not None}
    kept = {name: value for name, value in first.headers.items() if name.replace("-", "_") not in own}
    assert second.headers == kept | {"x-cache": "hit"}


async def test_a_large_answer_is_given_whole_while_it_is_passed_on() -> None:
    origin = Origin(body=bytes(range(256)) * 4)
    origin.pieces = 5

    answer = await ask(Edge(origin, limit_bytes=1 << 20), ONE)

    assert answer.body == origin.body


async def test_with_a_limit_of_nothing_nothing_is_kept() -> None:
    origin = Origin()
    edge = Edge(origin, limit_bytes=0)

    await ask(edge, ONE)
    await ask(edge, ONE)

    assert origin.asked == 2


async def test_an_answer_begun_before_a_change_is_not_given_after_it() -> None:
    class Changing(Origin):
        async def __call__(self, scope, receive, send) -> None:
            if not self.asked:
                edge.table.drop(("articles",))
            await super().__call__(scope, receive, send)

    origin = Changing()
    edge = Edge(origin, limit_bytes=1 << 20)

    for _ in range(3):
        await ask(edge, ONE)

    assert origin.asked == 2
