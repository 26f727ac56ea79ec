"""Which requests may be answered from memory, and which of them share an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniwriter.edge.questions import Questions

from .asking import Asked


def key_of(asked: Asked) -> object:
    """Return the key of a request that may be answered from memory, None for another."""
    question = Questions().read(asked.scope())
    return question and question.key


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_anybody_asks_is_a_question(method: str) -> None:
    assert key_of(Asked("/", [("accept", "*/*"), ("user-agent", "x"), ("cookie", "theme=dark")], method)) is not None


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "TRACE", "get", "PURGE"])
def test_other_methods_are_djangos(method: str) -> None:
    assert key_of(Asked("/", method=method)) is None


@pytest.mark.parametrize(
    "header",
    [
        ("cookie", "sessionid=abc"),
        ("cookie", 'theme=dark; "sessionid"=abc'),
        ("cookie", "django_language=pt-br"),
        ("cookie", "csrftoken=x"),
        ("authorization", "Bearer x"),
        ("authorization", ""),
        ("cache-control", "no-cache"),
        ("cache-control", "max-age=0, No-Store"),
        ("if-match", '"x"'),
        ("if-unmodified-since", "Sat, 28 Nov 2026 00:00:00 GMT"),
        ("content-length", "3"),
        ("transfer-encoding", "chunked"),
        ("expect", "100-continue"),
        ("host", "another.example"),
    ],
    ids=str,
)
def test_who_is_somebody_or_asks_for_more_is_djangos(header: tuple[str, str]) -> None:
    assert key_of(Asked("/", [header])) is None


def test_a_request_without_a_host_is_djangos() -> None:
    assert key_of(Asked("/", host=None)) is None


def test_a_cookie_of_the_settings_name_is_a_session(settings) -> None:
    settings.SESSION_COOKIE_NAME = "who"

    assert key_of(Asked("/", [("cookie", "who=me")])) is None


@pytest.mark.parametrize(
    "other",
    [
        Asked("/b/"),
        Asked("/a"),
        Asked("/A/"),
        Asked("/%61/"),
        Asked("//a/"),
        Asked("/a/?page=2"),
        Asked("/a/?page="),
        Asked("/a/", host="testserver:8000"),
        Asked("/a/", scheme="https"),
    ],
    ids=repr,
)
def test_another_address_is_another_question(other: Asked) -> None:
    assert key_of(Asked("/a/")) != key_of(other)


def test_paths_that_decode_to_the_same_text_are_told_apart_by_their_bytes() -> None:
    assert key_of(Asked("/%FF/")) != key_of(Asked("/%FE/"))


def test_the_order_of_parameters_and_where_a_reader_came_from_make_no_difference() -> None:
    one = key_of(Asked("/?page=2&tag=a"))

    assert one == key_of(Asked("/?tag=a&utm_source=x&page=2&fbclid=1"))
    assert one == key_of(Asked("/?tag=%61&page=2"))
    assert key_of(Asked("/?page=1&page=2")) != key_of(Asked("/?page=2&page=1"))


def test_a_long_question_is_djangos() -> None:
    assert key_of(Asked("/?" + "a" * 501)) is None


def test_headers_of_proxies_that_the_settings_trust_are_part_of_the_question(settings) -> None:
    forwarded = [("x-forwarded-proto", "https")], [("x-forwarded-host", "evil")], [("x-forwarded-port", "1")]

    assert {key_of(Asked("/", headers)) for headers in forwarded} == {key_of(Asked("/"))}
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.USE_X_FORWARDED_HOST = settings.USE_X_FORWARDED_PORT = True
    assert len({key_of(Asked("/", headers)) for headers in (*forwarded, [])}) == 4


@given(st.text(alphabet="ab&=+%;2", max_size=12), st.text(alphabet="ab&=+%;2", max_size=12))
def test_two_queries_share_a_key_only_when_a_view_reads_the_same_parameters(one: str, other: str) -> None:
    from django.http import QueryDict

    if key_of(Asked(f"/?{one}")) == key_of(Asked(f"/?{other}")):
        assert dict(QueryDict(one).lists()) == dict(QueryDict(other).lists())
