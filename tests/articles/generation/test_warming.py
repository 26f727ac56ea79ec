"""What the bundled model has read before the first job asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from articles.generation.prompts import Manner, outline_request
from articles.generation.warming import models_warm
from articles.generation.wishes import ArticleWish
from articles.providers import endpoints
from tests.fixtures.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db


@pytest.mark.timeout(120)
def test_an_outline_finds_its_example_read(settings: Any, model_endpoint: dict[str, Any]) -> None:
    settings.LLM_ENDPOINTS = [model_endpoint]
    endpoints.endpoints_forget()
    models_warm()
    request = outline_request(ArticleWish(title="Growing tomatoes on a balcony"), Manner(is_small=True), seed=3)
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    answer = httpx.post(
        f"{model_endpoint['base_url']}/chat/completions", json={"messages": messages, "max_tokens": 1},
        headers={"Authorization": f"Bearer {model_endpoint['key']}"}, timeout=60,
    ).json()  # fmt: skip
    timings = answer["timings"]
    assert timings["cache_n"] > 4 * timings["prompt_n"]


def test_a_model_that_does_not_answer_stops_nothing(provider: FakeProvider, connect: Callable[..., None]) -> None:
    provider.fail("status", status=500)
    connect(provider.entry(bundled=True))
    models_warm()
    assert len(provider.chats) == 1


def test_a_connected_model_is_not_asked(provider: FakeProvider, connect: Callable[..., None]) -> None:
    connect(provider.entry())
    models_warm()
    assert provider.chats == []
