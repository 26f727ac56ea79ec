"""A planted key is looked for wherever it could have got to: logs, errors, pages, the database's file and Valkey."""

from __future__ import annotations

import logging
import subprocess
import traceback
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, override_settings
from django.views.debug import ExceptionReporter

from articles.models import ProviderEndpoint
from articles.providers import health
from articles.providers.base import Endpoint, ProviderError
from articles.providers.endpoints import endpoint_named, endpoints
from articles.providers.errors import scrubbed
from articles.providers.probing import endpoints_probe
from articles.services.providers import endpoint_save
from tests.articles.providers.asking import ask, request_of
from tests.fixtures.fake_provider import FakeProvider

KEY = 'sk-planted/4711+"abcd=WXYZ'
TRACES = ("planted", "4711", "abcd=")  # parts of it, so that no other spelling gets by
FAILURES: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 401}, {"kind": "status", "status": 400}, {"kind": "status", "status": 429},
    {"kind": "status", "status": 500}, {"kind": "cut"}, {"kind": "malformed"}, {"kind": "error_midway"},
    {"kind": "refuse"}, {"kind": "no_stream"},
)  # fmt: skip


@pytest.fixture
def all_logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that anybody logs, down to the libraries' own accounts of what they send."""
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx2", "httpcore2", "asyncio", "django", "articles"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def assert_clean(text: str) -> None:
    assert text
    for trace in TRACES:
        assert trace not in text, text[max(0, text.index(trace) - 200) : text.index(trace) + 100]


def echoing(provider: FakeProvider, failure: dict[str, Any]) -> None:
    """Fail, and repeat the key in all that is said, as it is, as JSON has it and as an address has it."""
    words = f"You sent {KEY}, which is also sk-planted%2F4711%2B%22abcd%3DWXYZ."
    error = {"error": {"message": words, "code": KEY, "param": KEY}, "seen": {"authorization": f"Bearer {KEY}"}}
    given = {"error": error, "headers": {"X-Seen": words}} if failure["kind"] == "status" else {}
    provider.fail(**failure, **given)


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_call_that_fails_tells_nobody(
    provider: FakeProvider, failure: dict[str, Any], all_logs: pytest.LogCaptureFixture
) -> None:
    echoing(provider, failure)
    endpoint = provider.endpoint(key=KEY, first_token_s=2)
    with pytest.raises(ProviderError) as caught:
        ask(endpoint)
    error = caught.value
    assert provider.chats[0].headers["authorization"] == f"Bearer {KEY}"
    assert_clean(f"{error} {error!r} {error.args} {vars(error)}")
    assert_clean("".join(traceback.format_exception(error)))
    assert (error.__cause__, error.__context__) == (None, None)
    assert_clean(all_logs.text)
    assert any(record.name.startswith("openai") for record in all_logs.records)
    assert any(record.name.startswith("httpcore2") for record in all_logs.records)


def test_a_call_that_goes_well_tells_nobody(provider: FakeProvider, all_logs: pytest.LogCaptureFixture) -> None:
    ask(provider.endpoint(key=KEY))
    assert_clean(all_logs.text)


def test_an_endpoint_shows_no_key(provider: FakeProvider) -> None:
    endpoint = provider.endpoint(key=KEY)
    assert_clean(f"{endpoint} {endpoint!r} {[endpoint]}")


def test_a_page_for_developers_shows_no_key(provider: FakeProvider, settings: Any) -> None:
    """Not even the one with all variables of all frames, which DEBUG shows and mails to administrators hold."""
    endpoint = provider.endpoint(key=KEY, base_url="http://127.0.0.1:1/v1")
    try:
        ask(endpoint, request_of())
    except ProviderError as error:
        reporter = ExceptionReporter(None, type(error), error, error.__traceback__)
        assert_clean(reporter.get_traceback_text())


@pytest.mark.django_db(transaction=True)
def test_neither_the_database_nor_valkey_nor_a_page_has_it(
    provider: FakeProvider, valkey_url: str, all_logs: pytest.LogCaptureFixture
) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    with override_settings(REDIS_URL=valkey_url, LLM_ENDPOINTS=[], LLM_ALLOW_PRIVATE=True):
        row = ProviderEndpoint(name="mine", base_url=provider.url, model="m")
        endpoint_save(endpoint=row, key=KEY)
        found = endpoint_named("mine")
        assert isinstance(found, Endpoint)
        assert found.key == KEY
        echoing(provider, {"kind": "status", "status": 500})
        with pytest.raises(ProviderError) as caught:
            ask(found)
        health.failed(found, caught.value)
        echoing(provider, {"kind": "status", "status": 401})
        change = f"/admin/articles/providerendpoint/{row.pk}/change/"
        fields = {"name": "mine", "base_url": provider.url, "model": "m", "key": "", "languages": ["en"]}
        numbers = {"weight": 1, "max_in_flight": 1, "context_tokens": 9999, "first_token_s": 2, "total_s": 2}
        given = {**fields, **numbers, "price_in": 0, "price_out": 0, "extra": "{}", "is_enabled": "on", "_try": "1"}
        pages = [client.post(change, given, follow=True), client.get("/admin/articles/providerendpoint/")]
        endpoints_probe()
        pages += [client.get(change), client.get(f"{change}../history/", follow=True), client.get("/admin/")]
        assert "The provider rejects the key" in pages[0].content.decode()
        for page in pages:
            assert page.status_code == 200
            assert_clean(page.content.decode())
            assert row.secret not in page.content.decode()
        assert_clean(str(health.states()))
        with redis.Redis.from_url(valkey_url) as valkey:
            keys: Any = valkey.keys("*")
            assert keys
            assert_clean(str([valkey.dump(key) for key in keys]))
            assert_clean(str(valkey.hgetall("{providers}:states")))
    assert_clean(all_logs.text)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # Read by another process: SQLite loses its locks on a file that this one opens and closes beside it
    # (https://www.sqlite.org/howtocorrupt.html, "Posix advisory locks").
    files = map(str, Path(connection.settings_dict["NAME"]).parent.glob("*sqlite3*"))
    command = ["grep", "--text", "--files-with-matches", "planted", *files]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (1, "", "")  # 1: in none of them


@pytest.mark.django_db
def test_a_refused_entry_does_not_repeat_the_key() -> None:
    row = ProviderEndpoint(name="mine", base_url="ftp://x", model="m")
    with pytest.raises(ValidationError) as caught:
        endpoint_save(endpoint=row, key=KEY)
    assert_clean(str(caught.value))


@pytest.mark.django_db
def test_a_key_that_cannot_be_read_is_reported_without_what_was_stored(all_logs: pytest.LogCaptureFixture) -> None:
    ProviderEndpoint.objects.create(name="mine", base_url="https://x.example/v1", model="m", secret="planted-4711")
    with override_settings(LLM_ENDPOINTS=[]):
        assert endpoints() == []
    assert "mine is left out" in all_logs.text
    assert_clean(all_logs.text)


@pytest.mark.parametrize(
    "words",
    ["Bearer abcdefgh12345678", "sk-proj-abcdefgh12345678 is wrong", "at https://ana:word@api.example.com/v1",
     "Incorrect key: sk-abcd****wxyz"],
)  # fmt: skip
def test_what_looks_like_a_key_goes_too(provider: FakeProvider, words: str) -> None:
    text = scrubbed(words, provider.endpoint())
    assert "[key]" in text
    assert not any(part in text for part in ("12345678", "word@", "wxyz"))
