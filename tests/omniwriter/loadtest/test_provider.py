"""The provider of a load test: it speaks the protocol, to who has its key."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from omniwriter.loadtest.provider import Provider

PROSE = {"messages": [{"role": "user", "content": "Write."}], "stream": True}


@pytest.fixture
def running() -> Iterator[Provider]:
    """A provider that answers."""
    made = Provider(tag="mine")
    made.start()
    yield made
    made.stop()


def ask(provider: Provider, body: object, key: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key or provider.key}"}
    return httpx.post(f"{provider.url}/chat/completions", json=body, headers=headers)


def words(answer: httpx.Response) -> str:
    *events, done, _ = answer.text.split("\n\n")
    assert done == "data: [DONE]"
    read = [json.loads(event.removeprefix("data: ")) for event in events]
    assert read[-2]["choices"][0]["finish_reason"] == "stop"
    assert read[-1]["usage"]["completion_tokens"] > 0
    return "".join(event["choices"][0]["delta"].get("content", "") for event in read if event["choices"])


def test_no_two_answers_are_alike(running: Provider) -> None:
    first, second = (words(ask(running, PROSE)) for _ in range(2))

    assert first != second
    assert min(len(first.split()), len(second.split())) > 67  # or a section would be asked for twice


def test_a_schema_is_answered_with_its_fields(running: Provider) -> None:
    properties = {"tags": {"type": "array", "minItems": 3}, "titles": {"type": "array", "minItems": 5}, "excerpt": {}}
    schema = {"type": "json_schema", "json_schema": {"schema": {"properties": properties}}}

    found = json.loads(words(ask(running, {**PROSE, "response_format": schema})))

    assert found["tags"] == ["mine"]
    assert len(found["titles"]) == 5
    assert found["excerpt"].endswith(".")


def test_who_has_another_key_is_refused(running: Provider) -> None:
    assert ask(running, PROSE, key="another").status_code == 401


def test_its_port_is_free_once_it_has_stopped(running: Provider) -> None:
    other = Provider(tag="x")
    other.start()
    other.stop()

    with pytest.raises(httpx.ConnectError):
        ask(other, PROSE)
