"""``cache_api_response``: what is kept, for whom, and what a reader is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omniwriter.cache import renew
from tests.omniwriter.cache import views

pytestmark = pytest.mark.urls("tests.omniwriter.cache.views")
PAGE = "/test/page/"


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    views.calls.clear()


def test_the_second_reader_gets_what_the_first_one_got(valkey_cache: Any, client: Client) -> None:
    first, second = client.get(PAGE), client.get(PAGE)

    assert (first["X-Cache"], second["X-Cache"]) == ("miss", "hit")
    assert (first.content, dict(first.headers) | {"X-Cache": "hit"}) == (second.content, dict(second.headers))
    assert second["Surrogate-Key"] == "lists"
    assert second["ETag"]
    assert second["Last-Modified"]
    assert len(views.calls) == 1


def test_a_change_of_its_namespace_is_seen_by_the_next_reader(valkey_cache: Any, client: Client) -> None:
    client.get(PAGE)
    renew(["lists"])
    assert client.get(PAGE)["X-Cache"] == "miss"
    renew(["others"])
    assert client.get(PAGE)["X-Cache"] == "hit"


READERS = st.sampled_from([{}, {"HTTP_COOKIE": "sessionid=ann"}, {"HTTP_COOKIE": "sessionid=bob"},
                           {"HTTP_AUTHORIZATION": "Bearer ann"}, {"HTTP_COOKIE": "theme=dark"}])  # fmt: skip
LANGUAGES = st.sampled_from(["en", "pt-BR", "pt-BR,en;q=0.5", "xx", ""])
QUERIES = st.sampled_from(
    ["", "?page=1", "?page=2", "?q=a&page=1", "?page=1&q=a", "?page=1&page=2", "?q=page", "?q=", "?utm_source=x&page=1",
     "?other=1", "?other=2", "?q=%C3%A9", "?page=1%26q=a"]
)  # fmt: skip
REQUESTS = st.lists(
    st.tuples(READERS, LANGUAGES, QUERIES, st.sampled_from(["localhost", "127.0.0.1"])), min_size=2, max_size=12
)


@given(REQUESTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_ever_gets_what_was_made_for_another_question(valkey_cache: Any, requests: list[Any]) -> None:
    for reader, language, query, host in requests:
        asked = {**reader, "HTTP_ACCEPT_LANGUAGE": language, "HTTP_HOST": host}
        answer = Client().get(PAGE + query, **asked)
        with override_settings(DEBUG=True):  # then nothing is kept
            direct = Client().get(PAGE + query, **asked)
        assert direct["X-Cache"] == "bypass"
        assert answer.content == direct.content
        if reader and "theme" not in str(reader):
            assert answer["X-Cache"] == "bypass"


@pytest.mark.parametrize("query", ["?page=1&q=a", "?q=a&page=1", "?utm_source=x&q=a&page=1", "?q=a&page=1&fbclid=1"])
def test_order_and_tracking_make_no_difference(valkey_cache: Any, client: Client, query: str) -> None:
    client.get(PAGE, {"page": "1", "q": "a"})
    assert client.get(PAGE + query)["X-Cache"] == "hit"


@pytest.mark.parametrize("query", ["?other=1", "?page=1&page=2", "?q=" + "a" * 500])
def test_a_question_that_can_have_no_end_of_forms_is_asked_itself(
    valkey_cache: Any, client: Client, query: str
) -> None:
    assert [client.get(PAGE + query)["X-Cache"] for _ in range(2)] == ["bypass"] * 2


def test_a_reader_who_has_it_already_gets_no_body(valkey_cache: Any, client: Client) -> None:
    first = client.get(PAGE)

    for condition in ({"HTTP_IF_NONE_MATCH": first["ETag"]}, {"HTTP_IF_MODIFIED_SINCE": first["Last-Modified"]}):
        answer = client.get(PAGE, **condition)
        assert (answer.status_code, answer.content, answer["X-Cache"]) == (304, b"", "hit")
        assert answer["ETag"] == first["ETag"]
        assert answer["Surrogate-Key"] == "lists"
    assert client.get(PAGE, HTTP_IF_NONE_MATCH='"another"').status_code == 200


def test_a_reader_who_has_it_already_does_not_keep_an_empty_answer_for_the_others(
    valkey_cache: Any, client: Client
) -> None:
    etag = client.get(PAGE)["ETag"]
    renew(["lists"])

    assert client.get(PAGE, HTTP_IF_NONE_MATCH=etag).status_code == 304
    other = client.get(PAGE)
    assert (other.status_code, other["X-Cache"]) == (200, "hit")
    assert other.content


def test_head_has_the_headers_of_get(valkey_cache: Any, client: Client) -> None:
    whole = client.get(PAGE)
    head = client.head(PAGE)
    assert (head.content, head["ETag"], head["X-Cache"]) == (b"", whole["ETag"], "hit")


@pytest.mark.parametrize("status", [201, 204, 301, 304, 400, 404, 410, 429, 500, 503])
def test_only_answers_with_200_are_kept(valkey_cache: Any, client: Client, status: int) -> None:
    answers = [client.get(f"/test/status/{status}/") for _ in range(2)]
    assert [(answer.status_code, answer["X-Cache"]) for answer in answers] == [(status, "bypass")] * 2
    assert len(views.calls) == 2
    assert not [key for key in valkey_cache.keys("*") if b"test.status" in key and b"lock" not in key]


@pytest.mark.parametrize("own", ["cookie", "session", "private", "no-store", "public, no-store", "max-age=60"])
@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_its_readers_own_is_not_kept(valkey_cache: Any, client: Client, own: str) -> None:
    assert [client.get("/test/status/200/", {"with": own})["X-Cache"] for _ in range(2)] == ["bypass"] * 2


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_other_methods_are_neither_answered_from_it_nor_kept(valkey_cache: Any, client: Client, method: str) -> None:
    client.get(PAGE)
    assert "X-Cache" not in getattr(client, method)(PAGE).headers
    assert len(views.calls) == 2


def test_another_release_reads_nothing_that_this_one_has_kept(valkey_cache: Any, client: Client) -> None:
    from omniwriter.cache.response import _release

    client.get(PAGE)
    _release.cache_clear()
    try:
        with override_settings(RELEASE="next"):
            assert client.get(PAGE)["X-Cache"] == "miss"
    finally:
        _release.cache_clear()


@override_settings(CACHE_KEEPS=False)
def test_with_the_cache_switched_off_every_reader_asks_the_view(valkey_cache: Any, client: Client) -> None:
    answers = [client.get(PAGE) for _ in range(2)]

    assert [answer["X-Cache"] for answer in answers] == ["bypass", "bypass"]
    assert len(views.calls) == 2
