"""Which part of an address is kept: what calls have in common, and nothing that may be a secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.recorders.routes import MAX_HOSTS, admitted, forget_routes, route_class
from perfmon.series import MAX_KEY_CHARS


@pytest.fixture(autouse=True)
def _none_known():
    forget_routes()
    yield
    forget_routes()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", "/"),
        ("/", "/"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1beta/models", "/v1beta/models"),
        ("/users/8f3a/posts?page=2#top", "/users/*/posts"),
        ("/api/chat.postMessage", "/api/*"),  # capitals may be a token's
        ("/chat-api/list_all", "/chat-api/list_all"),
        ("/services/T0AB12/B7/XyZ9", "/services/*/*/*"),
        ("/bot12:AAbb/send", "/*/send"),
        ("/a/b/c/d/e/f", "/a/b/c/d/…"),
        (f"/{'a' * 25}", "/*"),
        ("//double", "/double"),
        ("/%73ecret", "/*"),
    ],
)
def test_a_route_keeps_plain_words_and_versions(path: str, shown: str):
    assert route_class(path) == shown


@given(st.text(max_size=300), st.text(max_size=20), st.text(max_size=300))
def test_a_key_is_short_and_printable_whatever_is_called(host: str, method: str, path: str):
    key = admitted(host, method, path)
    assert len(key) <= MAX_KEY_CHARS
    assert key.isprintable()
    assert "\n" not in key


@pytest.mark.parametrize(("host", "shown"), [("API.Example.org", "api.example.org"), ("::1", "::1"), ("[::1]", "::1")])
def test_a_host_is_named_in_lower_case(host: str, shown: str):
    assert admitted(host, "GET", "/") == f"{shown} GET /"


def test_more_hosts_than_a_process_keeps_apart_share_their_series():
    keys = {admitted(f"host{number}.org", "GET", "/") for number in range(MAX_HOSTS + 30)}
    assert len(keys) == MAX_HOSTS + 1
    assert "(other) GET /" in keys


@pytest.mark.parametrize("host", ["", "bad host", "x" * 81, "a/b", "user:key@host"])
def test_what_is_no_host_names_none(host: str):
    assert admitted(host, "GET", "/") == "(other) GET /"
