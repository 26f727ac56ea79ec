"""LLM_ENDPOINTS is read whole or refused with the place and the fix, and no message shows a key."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from articles.providers.base import Endpoint
from omniwriter.env import read_environment
from omniwriter.llm.endpoints import PARAMETERS, endpoints_of
from tests.fixtures.site import ROOT

LANGUAGES = ("en", "pt-br")


def endpoints(*urls: str) -> list[Endpoint]:
    """Return the endpoints as the router sees them, read as the environment gives them."""
    listed = read_environment({"LLM_ENDPOINTS": ",".join(urls)})["LLM_ENDPOINTS"]
    return [Endpoint(**fields) for fields in endpoints_of(listed, languages=LANGUAGES)]


def refusal(*urls: str) -> str:
    """Return what a start with these says."""
    with pytest.raises(ImproperlyConfigured) as caught:
        endpoints(*urls)
    return str(caught.value)


def test_an_endpoint_needs_an_address_a_key_and_a_model() -> None:
    (endpoint,) = endpoints("https://sk-1@api.example.com/v1?model=gpt-4o-mini")

    assert endpoint == Endpoint(
        name="gpt-4o-mini", base_url="https://api.example.com/v1", model="gpt-4o-mini", key="sk-1", trusted=True
    )


def test_every_parameter_fills_its_field() -> None:
    (endpoint,) = endpoints(
        "http://localhost:11434/v1/?model=llama3.2:1b&name=mine&languages=en&weight=5&max_in_flight=2&context=2048"
        "&first_token_s=60&total_s=300&price_in=0.15&price_out=0.6&schema=0&new_token_limit=1"
        '&extra={"repeat_penalty":1.1%2C"top_k":40}&bundled=1'
    )

    assert endpoint == Endpoint(
        name="mine",
        base_url="http://localhost:11434/v1",
        model="llama3.2:1b",
        languages=("en",),
        weight=5,
        max_in_flight=2,
        context_tokens=2048,
        first_token_s=60.0,
        total_s=300.0,
        price_in=Decimal("0.15"),
        price_out=Decimal("0.6"),
        takes_schema=False,
        new_token_limit=True,
        extra={"repeat_penalty": 1.1, "top_k": 40},
        bundled=True,
        trusted=True,
    )


def test_every_field_but_those_of_the_address_and_of_the_admin_has_a_parameter() -> None:
    fields = {field.name for field in dataclasses.fields(Endpoint)}

    elsewhere = {"base_url", "key", "trusted", "reserved_for"}
    assert {parameter.field for parameter in PARAMETERS.values()} == fields - elsewhere


@pytest.mark.parametrize("joined", ["en+pt-br", "en%20pt-br", "en%2Bpt-br", "EN%2Cpt-BR"])
def test_languages_are_joined_by_a_plus_sign_however_it_is_escaped(joined: str) -> None:
    assert endpoints(f"https://h/v1?model=m&languages={joined}")[0].languages == ("en", "pt-br")


def test_an_endpoint_without_a_name_is_called_after_its_model() -> None:
    found = endpoints("https://a/v1?model=meta-llama/Llama-3.1:8b", f"https://a/v1?model={'x' * 100}")

    assert [endpoint.name for endpoint in found] == ["meta-llama-llama-3-1-8b", "x" * 60]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://k@h/v1", "endpoint 2 (h) names no model; add ?model=NAME."),
        ("https://k@h/v1?model=first", "endpoint 2 (h) is a second one called 'first'; add &name=ANOTHER."),
        ("https://k@h/v1?model=m&name=A B", "endpoint 2 (h) has a wrong name: it must be small letters"),
        ("https://k@h/v1?model=m&weight=0", "endpoint 2 (h) has a wrong weight: it must be a whole number, 1 or more."),
        ("https://k@h/v1?model=m&price_in=NaN", "has a wrong price_in: it must be US$ a million tokens, such as 0.15"),
        ("https://k@h/v1?model=m&price_out=-1", "has a wrong price_out: it must be US$ a million tokens"),
        ("https://k@h/v1?model=m&schema=perhaps", "has a wrong schema: it must be 1 or 0."),
        ("https://k@h/v1?model=m&extra=[]", "has a wrong extra: it must be a JSON object, with its commas as %2C."),
        ("https://k@h/v1?model=m&languages=fr", "must have languages of en, pt-br, such as languages=en+pt-br."),
        ("https://k@h/v1?model=m&languages=", "must have languages of en, pt-br"),
        ("https://k@h/v1?model=m&wieght=1", "has a parameter that there is not; there are model, name, languages,"),
        ("https://user:k@h/v1?model=m", "has a colon before its @, where the key alone stands"),
        ("https://?model=m", "endpoint 2 is no https://KEY@host/v1?model=NAME"),
    ],
)
def test_a_wrong_endpoint_is_refused_with_its_place_and_the_fix(url: str, says: str) -> None:
    said = refusal("https://k@g/v1?model=first", url)

    assert said.startswith("LLM_ENDPOINTS: ")
    assert says in said


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_an_escaped_key_arrives_as_it_is(key: str) -> None:
    (endpoint,) = endpoints(f"https://{quote(key, safe='')}@h/v1?model=m")

    assert endpoint.key == key


@given(st.text(st.sampled_from("ab1/?#@:,=&%[]\u2100"), min_size=1).map(lambda text: f"{text}hunter2"))
def test_no_message_shows_a_key_however_it_was_written(key: str) -> None:
    for url in (f"https://{key}@h/v1", f"https://{key}@h/v1?model=m&weight=no", key, f"https://h/v1?key={key}"):
        assert "hunter2" not in refusal(url)


def test_a_traceback_page_finds_no_key_among_the_settings() -> None:
    assert "LLM_ENDPOINTS" not in settings.ENV


def test_every_example_of_the_documentation_is_read() -> None:
    text = (ROOT / "docs" / "models.md").read_text()
    examples = re.findall(r"^LLM_ENDPOINTS=(.+)$", text, re.MULTILINE)

    assert len(examples) >= 9
    assert all(endpoints(*example.split(",")) for example in examples)


def test_the_documentation_lists_every_parameter() -> None:
    section = (ROOT / "docs" / "settings.md").read_text().partition("## Language models")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", section, re.MULTILINE)))

    assert named == list(PARAMETERS)
