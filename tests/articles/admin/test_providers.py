"""Connecting a model in the admin: presets, a key that never comes out again, refused addresses, and the trial."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from articles.enums import CallOutcome
from articles.models import ProviderCall, ProviderEndpoint
from articles.providers import health
from articles.providers.base import ProviderError
from articles.providers.endpoints import endpoint_named, endpoints_forget
from articles.providers.presets import PRESETS
from articles.providers.secrets import opened, sealed
from articles.services.reserving import endpoint_reserve
from tests.fixtures.fake_provider import FakeProvider
from tests.waiting import READY_S

KEY = "sk-planted-4711-abcdWXYZ"
ADD = "/admin/articles/providerendpoint/add/"
LIST = "/admin/articles/providerendpoint/"


@pytest.fixture
def admin(db: None) -> Client:
    """A browser of an administrator."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    return client


@pytest.fixture(autouse=True)
def _no_endpoint_of_the_settings() -> Any:
    with override_settings(LLM_ENDPOINTS=[], LLM_ALLOW_PRIVATE=True):
        yield


def filled(**changes: Any) -> dict[str, Any]:
    """Return what the form sends when somebody fills it in."""
    values = {
        "name": "mine", "base_url": "https://api.example.com/v1", "model": "m-1", "key": KEY, "languages": ["en"],
        "is_enabled": "on", "weight": "100", "max_in_flight": "8", "context_tokens": "32000", "first_token_s": "5",
        "total_s": "20", "price_in": "0.5", "price_out": "1.5", "takes_schema": "on", "extra": "{}",
    }  # fmt: skip
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


def errors(page: Any) -> dict[str, list[str]]:
    form = page.context["adminform"].form
    return {name: list(found) for name, found in form.errors.items()}


def said(page: Any) -> str:
    return " ".join(str(message) for message in page.context["messages"])


# What is reserved


def test_what_a_program_has_reserved_is_shown_to_nobody_and_changed_by_nobody(admin: Client) -> None:
    group = Group.objects.create(name="testers")
    row = endpoint_reserve(name="reserved-one", group=group, base_url="http://127.0.0.1:9/v1", key="", model="m")

    assert "reserved-one" not in admin.get(LIST).content.decode()
    assert admin.get(reverse("admin:articles_providerendpoint_change", args=[row.pk])).status_code == 302


# The presets


@pytest.mark.parametrize("code", sorted(PRESETS))
def test_a_preset_fills_in_what_it_knows(admin: Client, code: str) -> None:
    page = admin.get(ADD, {"preset": code})
    form = page.context["adminform"].form
    assert form["base_url"].value() == PRESETS[code].base_url
    assert f'<a href="?preset={code}" aria-current="true">' in page.content.decode()


def test_without_a_preset_nothing_is_filled_in(admin: Client) -> None:
    page = admin.get(ADD, {"preset": "nonsense"})
    assert not page.context["adminform"].form["base_url"].value()


@pytest.mark.parametrize("code", sorted(PRESETS))
def test_what_a_preset_fills_in_can_be_saved(admin: Client, code: str) -> None:
    initial = admin.get(ADD, {"preset": code}).context["adminform"].form
    values = {name: initial[name].value() for name in initial.fields}
    sent = {name: value for name, value in values.items() if value is not None and value is not False} | {
        "model": "m-1"
    }
    page = admin.post(ADD, sent)
    assert page.status_code == 302, errors(page)
    assert ProviderEndpoint.objects.get().base_url == PRESETS[code].base_url


# The key


def test_a_key_is_stored_encrypted_and_never_shown_again(admin: Client) -> None:
    admin.post(ADD, filled())
    row = ProviderEndpoint.objects.get()
    assert KEY not in row.secret
    assert opened(row.secret) == KEY
    for address in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/"):
        page = admin.get(address).content.decode()
        assert KEY not in page
        assert row.secret not in page
    assert "…WXYZ" in admin.get(LIST).content.decode()


def test_a_key_that_was_refused_with_the_form_is_not_shown_either(admin: Client) -> None:
    page = admin.post(ADD, filled(model=""))
    assert "model" in errors(page)
    assert KEY not in page.content.decode()


def test_an_empty_field_keeps_the_key_a_new_one_replaces_it_and_a_tick_removes_it(admin: Client) -> None:
    admin.post(ADD, filled())
    row = ProviderEndpoint.objects.get()
    address = f"{LIST}{row.pk}/change/"
    admin.post(address, filled(key="", model="m-2"))
    row.refresh_from_db()
    assert (opened(row.secret), row.model) == (KEY, "m-2")
    admin.post(address, filled(key="sk-another-key-0815"))
    row.refresh_from_db()
    assert (opened(row.secret), row.secret_hint) == ("sk-another-key-0815", "0815")
    admin.post(address, filled(key="", forget_key="on"))
    row.refresh_from_db()
    assert (row.secret, row.secret_hint) == ("", "")


def test_a_key_goes_to_no_other_host_than_it_was_given_for(admin: Client) -> None:
    admin.post(ADD, filled())
    row = ProviderEndpoint.objects.get()
    page = admin.post(f"{LIST}{row.pk}/change/", filled(key="", base_url="https://elsewhere.example/v1"))
    assert "stays with the host it was given for" in errors(page)["key"][0]
    row.refresh_from_db()
    assert row.base_url == "https://api.example.com/v1"


def test_a_key_of_an_older_secret_key_is_encrypted_anew_when_the_row_is_saved(admin: Client) -> None:
    admin.post(ADD, filled())
    row = ProviderEndpoint.objects.get()
    with override_settings(SECRET_KEY="the next one", SECRET_KEY_FALLBACKS=["the last one"]):
        row.secret = _sealed_with("the last one")
        row.save()
        client = Client()
        client.force_login(User.objects.get())
        client.post(f"{LIST}{row.pk}/change/", filled(key=""))
    row.refresh_from_db()
    with override_settings(SECRET_KEY="the next one", SECRET_KEY_FALLBACKS=[]):
        assert opened(row.secret) == KEY


def _sealed_with(secret_key: str) -> str:
    with override_settings(SECRET_KEY=secret_key):
        return sealed(KEY)


def test_a_key_that_cannot_be_read_any_more_is_said_and_the_endpoint_left_out(admin: Client) -> None:
    admin.post(ADD, filled())
    row = ProviderEndpoint.objects.get()
    ProviderEndpoint.objects.update(secret=_sealed_with("lost"))
    endpoints_forget()
    assert "Enter the key again." in admin.get(LIST).content.decode()
    assert endpoint_named("mine") is None
    page = admin.post(f"{LIST}{row.pk}/change/", filled(key="", _try="1"), follow=True)
    assert "Enter it again." in said(page)


@pytest.mark.parametrize("key", ["sk with blanks", "sk-ключ", "sk-\x07bell"])
def test_what_is_no_key_is_refused(admin: Client, key: str) -> None:
    assert "key" in errors(admin.post(ADD, filled(key=key)))


# The address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:11434/v1", "OMNI_LLM_ALLOW_PRIVATE"),
        ("http://localhost/v1", "OMNI_LLM_ALLOW_PRIVATE"),
        ("https://169.254.169.254/latest/meta-data", "OMNI_LLM_ALLOW_PRIVATE"),
        ("https://ollama:11434/v1", "OMNI_LLM_ALLOW_PRIVATE"),
        ("ftp://api.example.com/v1", "must start with http"),
        ("https://name:word@api.example.com/v1", "name and the password out"),
        ("https://api.example.com/v1?key=1", "what follows the path"),
        ("https://api.example.com:port/v1", "This is no address"),
        ("http://api.example.com/v1", "unencrypted"),
    ],
)
def test_an_address_that_is_refused_names_its_field_and_the_fix(admin: Client, address: str, words: str) -> None:
    with override_settings(LLM_ALLOW_PRIVATE=False):
        page = admin.post(ADD, filled(base_url=address))
    assert words in errors(page)["base_url"][0]
    assert not ProviderEndpoint.objects.exists()


def test_a_private_address_is_taken_where_the_setting_allows_it(admin: Client) -> None:
    assert admin.post(ADD, filled(base_url="http://ollama:11434/v1", key="")).status_code == 302


def test_a_name_of_the_settings_is_refused(admin: Client) -> None:
    with override_settings(LLM_ENDPOINTS=[{"name": "mine", "base_url": "http://x/v1", "model": "m"}]):
        assert "name" in errors(admin.post(ADD, filled()))


@pytest.mark.parametrize("extra", ["[]", '"text"', '{"model": "other"}', '{"stream": false}'])
def test_further_fields_are_an_object_and_replace_nothing(admin: Client, extra: str) -> None:
    assert "extra" in errors(admin.post(ADD, filled(extra=extra)))


# The trial


def test_a_connection_that_works_is_said_with_its_first_words(admin: Client, provider: FakeProvider) -> None:
    provider.key = KEY
    provider.answer("ready")
    page = admin.post(ADD, filled(base_url=provider.url, _try="1"), follow=True)
    assert re.search(r"It works: fake-1-2026 answered, with the first words after \d+ ms\.", said(page))
    call = ProviderCall.objects.get()
    assert (call.purpose, call.outcome, call.endpoint, call.is_estimate) == ("trial", CallOutcome.OK, "mine", False)
    assert call.cost is not None
    assert call.cost > 0
    assert len(provider.chats) == 1


def test_a_rejected_key_is_said_with_the_fix_and_without_the_key(admin: Client, provider: FakeProvider) -> None:
    provider.key = "another"
    page = admin.post(ADD, filled(base_url=provider.url, _try="1"), follow=True)
    assert "The provider rejects the key. It said: Incorrect API key provided: [key]. (401) Copy it again" in said(page)
    assert KEY not in page.content.decode()
    assert ProviderEndpoint.objects.count() == 1  # it is kept, to be mended
    assert "Left alone until" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_trial_holds_up_nobody_who_writes_and_is_the_last_word_on_health(
    admin: Client, provider: FakeProvider
) -> None:
    def write() -> None:
        User.objects.create_user("meanwhile")
        connection.close()

    def answer(request: object) -> str:
        with ThreadPoolExecutor(1) as other:
            other.submit(write).result(READY_S)
        return "ready"

    provider.answer(answer)
    assert "It works" in said(admin.post(ADD, filled(base_url=provider.url, _try="1"), follow=True))
    assert User.objects.filter(username="meanwhile").exists()
    provider.key = "another"
    row = ProviderEndpoint.objects.get()
    admin.post(f"{LIST}{row.pk}/change/", filled(base_url=provider.url, _try="1"))
    assert [state.state for state in health.states()] == ["open"]


def test_a_wrong_model_is_said_with_those_that_are_offered(admin: Client, provider: FakeProvider) -> None:
    provider.fail("status", status=404, times=1)
    page = admin.post(ADD, filled(base_url=provider.url, _try="1"), follow=True)
    assert "It offers these models: fake-1." in said(page)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ({"kind": "hang"}, "no words came in time"),
        ({"kind": "no_stream"}, "does not stream as OpenAI"),
        ({"kind": "status", "status": 500}, "The provider failed."),
        ({"kind": "status", "status": 429}, "too many calls"),
        ({"kind": "refuse"}, "moderation refused"),
    ],
)
def test_every_trouble_is_said_in_words(
    admin: Client, provider: FakeProvider, failure: dict[str, Any], words: str
) -> None:
    provider.fail(**failure)
    page = admin.post(ADD, filled(base_url=provider.url, first_token_s="1", _try="1"), follow=True)
    assert words in said(page)
    assert ProviderCall.objects.get().settled_at is not None


def test_nobody_at_the_address_is_said(admin: Client) -> None:
    page = admin.post(ADD, filled(base_url="http://127.0.0.1:1/v1", _try="1"), follow=True)
    assert "Nothing answers at this address." in said(page)


def test_what_is_mended_is_well_again_at_once(admin: Client, provider: FakeProvider) -> None:
    provider.key = KEY
    admin.post(ADD, filled(base_url=provider.url, key="sk-a-wrong-one-1", _try="1"))
    row = ProviderEndpoint.objects.get()
    assert [state.state for state in health.states()] == ["open"]
    admin.post(f"{LIST}{row.pk}/change/", filled(base_url=provider.url, _try="1"))
    assert [state.state for state in health.states()] == ["closed"]


def test_what_was_known_of_its_health_is_forgotten_when_it_is_changed(
    admin: Client, django_capture_on_commit_callbacks: Any
) -> None:
    admin.post(ADD, filled())
    endpoint = endpoint_named("mine")
    assert endpoint is not None
    health.failed(endpoint, ProviderError(CallOutcome.KEY_REJECTED, "The key (401)"))
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"{LIST}{ProviderEndpoint.objects.get().pk}/change/", filled(key="sk-the-right-one-1"))
    assert [state.state for state in health.states()] == ["closed"]


# The list, and who sees it


def test_the_list_says_who_is_well(admin: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for name in ("one", "two", "three"):
        admin.post(ADD, filled(name=name))
    endpoint = endpoint_named("two")
    assert endpoint is not None
    for _ in range(3):
        health.failed(endpoint, ProviderError(CallOutcome.SERVER_ERROR, "It crashed (500)"))
    with override_settings(LLM_ENDPOINTS=[{"name": "fixed", "base_url": "http://x/v1", "model": "of the settings"}]):
        admin.get(LIST)
        with django_assert_num_queries(4):  # user, count, rows, the endpoints
            endpoints_forget()
            page = admin.get(LIST).content.decode()
    assert page.count("Left alone until") == 1
    assert "It crashed (500)" in page
    assert "of the settings" in page


@pytest.mark.parametrize(
    ("codenames", "status"), [((), 403), (("view_article",), 403), (("add_providerendpoint",), 200)]
)
def test_only_who_may_connect_models_sees_the_form(db: None, codenames: tuple[str, ...], status: int) -> None:
    user = User.objects.create_user("ana", password="a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    assert client.get(ADD).status_code == status
    assert client.post(ADD, filled()).status_code == (302 if status == 200 else 403)
