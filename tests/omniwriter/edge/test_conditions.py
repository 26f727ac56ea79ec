"""What who has an answer already, wants its head, or a part of it, gets from memory."""

from __future__ import annotations

import asyncio

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.cache import get_conditional_response
from hypothesis import given
from hypothesis import strategies as st

from omniwriter.edge import Edge

from .asking import Answered, Asked, Origin, Pairs, ask

BODY = bytes(range(100))
MODIFIED = "Sat, 28 Nov 2026 01:00:00 GMT"
LATER, EARLIER = "Sat, 28 Nov 2026 02:00:00 GMT", "Sat, 28 Nov 2026 00:59:59 GMT"


async def from_memory(headers: Pairs, method: str = "GET", **origin: str | None) -> Answered:
    """Ask an edge that has the answer already."""
    application = Origin(BODY, last_modified=MODIFIED, vary="Accept-Language", **origin)
    edge = Edge(application, limit_bytes=1 << 20)
    await ask(edge, Asked("/"))
    answer = await ask(edge, Asked("/", headers, method))
    assert application.asked == 1
    return answer


async def test_a_head_has_the_length_and_no_body() -> None:
    whole, head = await from_memory([]), await from_memory([], "HEAD")

    assert (head.status, head.body, head.headers) == (200, b"", whole.headers)
    assert head.headers["content-length"] == "100"


@pytest.mark.parametrize("tags", ['"one"', 'W/"one"', '"zero", W/"one"', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_has_it_already_gets_304(tags: str, method: str) -> None:
    answer = await from_memory([("if-none-match", tags)], method)

    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["etag"] == '"one"'
    assert answer.headers["cache-control"] == "public, max-age=30"
    assert answer.headers["vary"] == "Accept-Language"
    assert not {"content-length", "content-type"} & set(answer.headers)


async def test_a_weak_tag_of_ours_is_compared_weakly() -> None:
    assert (await from_memory([("if-none-match", '"one"')], etag='W/"one"')).status == 304


@pytest.mark.parametrize(("date", "status"), [(MODIFIED, 304), (LATER, 304), (EARLIER, 200), ("yesterday", 200)])
async def test_who_has_it_of_a_date_gets_304_when_it_is_no_older(date: str, status: int) -> None:
    assert (await from_memory([("if-modified-since", date)])).status == status


async def test_a_tag_goes_before_a_date() -> None:
    answer = await from_memory([("if-none-match", '"other"'), ("if-modified-since", LATER)])

    assert (answer.status, answer.body) == (200, BODY)


@pytest.mark.parametrize(
    ("wanted", "part", "told"),
    [
        ("bytes=0-9", BODY[:10], "bytes 0-9/100"),
        ("bytes=90-", BODY[90:], "bytes 90-99/100"),
        ("Bytes=-5", BODY[-5:], "bytes 95-99/100"),
        ("bytes=-500", BODY, "bytes 0-99/100"),
        ("bytes=99-500", BODY[99:], "bytes 99-99/100"),
        ("bytes=0-0", BODY[:1], "bytes 0-0/100"),
    ],
)
async def test_a_range_gets_its_part(wanted: str, part: bytes, told: str) -> None:
    answer = await from_memory([("range", wanted)])

    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, part, told)
    assert answer.headers["content-length"] == str(len(part))
    assert answer.headers["etag"] == '"one"'


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"])
async def test_a_range_past_the_end_gets_416_with_the_length(wanted: str) -> None:
    answer = await from_memory([("range", wanted)])

    assert (answer.status, answer.body) == (416, b"")
    assert (answer.headers["content-range"], answer.headers["content-length"]) == ("bytes */100", "0")


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,5-6", "bytes=-", "bytes=9-3", "lines=0-1", "bytes=a-b", "bytes=" + "9" * 30]
)
async def test_several_ranges_or_none_get_the_whole(wanted: str) -> None:
    answer = await from_memory([("range", wanted)])

    assert (answer.status, answer.body) == (200, BODY)


@pytest.mark.parametrize(("tag", "status"), [('"one"', 206), ('"other"', 200), ('W/"one"', 200), (MODIFIED, 200)])
async def test_a_range_of_another_answer_gets_the_whole(tag: str, status: int) -> None:
    assert (await from_memory([("range", "bytes=0-9"), ("if-range", tag)])).status == status


async def test_a_weak_tag_does_not_hold_for_a_range() -> None:
    answer = await from_memory([("range", "bytes=0-9"), ("if-range", 'W/"one"')], etag='W/"one"')

    assert answer.status == 200


async def test_a_range_is_looked_at_after_what_the_reader_has_and_not_for_a_head() -> None:
    assert (await from_memory([("range", "bytes=0-9"), ("if-none-match", '"one"')])).status == 304
    assert (await from_memory([("range", "bytes=0-9")], "HEAD")).status == 200


TAGS = st.lists(st.sampled_from(['"one"', 'W/"one"', '"two"', 'W/"two"']), min_size=1, max_size=3).map(", ".join)
DATES = st.sampled_from([MODIFIED, LATER, EARLIER, "Saturday, 28-Nov-26 02:00:00 GMT", "never", ""])


@given(
    st.none() | TAGS | st.just("*"),
    st.none() | DATES,
    st.sampled_from(['"one"', 'W/"one"']),
    st.sampled_from(["GET", "HEAD"]),
)
def test_conditions_hold_as_they_do_in_django(tags: str | None, date: str | None, etag: str, method: str) -> None:
    given_headers = [("if-none-match", tags), ("if-modified-since", date)]
    headers = [(name, value) for name, value in given_headers if value is not None]
    request = RequestFactory().generic(method, "/", headers=dict(headers))
    response = HttpResponse(BODY, headers={"ETag": etag, "Last-Modified": MODIFIED})
    changed_at = 1795827600
    expected = get_conditional_response(request, etag, changed_at, response)

    answer = asyncio.run(from_memory(headers, method, etag=etag))

    assert answer.status == expected.status_code
