"""Calls of the real model that comes along: words, JSON of a schema, and places that closed calls leave free."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from articles.providers import health
from articles.providers.base import Endpoint
from articles.providers.calls import open_call
from articles.providers.endpoints import endpoint_named, endpoints_forget
from articles.providers.probing import endpoints_probe, models_of
from tests.articles.providers.asking import TRACE_ID, ask, request_of, text_of

pytestmark = pytest.mark.django_db
SCHEMA = {
    "type": "object",
    "properties": {"titles": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 3}},
    "required": ["titles"],
    "additionalProperties": False,
}


@pytest.fixture
def bundled(model_endpoint: dict[str, Any]) -> Iterator[Endpoint]:
    """The endpoint as the settings name it."""
    with override_settings(LLM_ENDPOINTS=[model_endpoint]):
        endpoints_forget()
        found = endpoint_named("bundled")
        assert found is not None
        yield found


def test_it_writes_and_counts(bundled: Endpoint) -> None:
    pieces = ask(bundled, request_of("Describe bread in two sentences.", max_tokens=40, repeat_penalty=1.1))
    last = pieces[-1]
    assert len(text_of(pieces).split()) > 5
    assert last.usage is not None
    # A piece is a token here, so what is shown while it writes is true; the one that ends the text is no piece.
    assert last.usage.tokens_out - last.tokens in {0, 1}
    assert last.finish in {"stop", "length"}


def test_it_answers_in_json_of_a_schema(bundled: Endpoint) -> None:
    request = request_of("Name sections of an article about bread.", max_tokens=120, json_schema=SCHEMA)
    assert 2 <= len(json.loads(text_of(ask(bundled, request)))["titles"]) <= 3


def test_calls_that_are_closed_leave_its_places_to_others(bundled: Endpoint) -> None:
    for _ in range(4):  # twice as many as it has places
        call = open_call(bundled, request_of("Write a long story.", max_tokens=1000), trace_id=TRACE_ID)
        while call.next(30) is None:
            pass
        call.close()
    assert text_of(ask(bundled, request_of("Say yes.", max_tokens=5)))


def test_it_answers_checks(bundled: Endpoint) -> None:
    assert endpoints_probe() == {"bundled": ""}
    assert [state.state for state in health.states()] == ["closed"]
    assert models_of(bundled)
