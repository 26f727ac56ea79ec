"""The bundled model's server: for who has the key, on this machine, in one language, and gone at once when told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from omniwriter.llm.bundled import KEY_VARIABLE, MODEL, SLOTS
from omniwriter.stack.llm import llm_endpoint, llm_service
from omniwriter.stack.ports import LOOPBACK
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running, run
from tests.fixtures.site import ROOT
from tests.waiting import eventually

SCHEMA = {
    "type": "object",
    "properties": {"titles": {"type": "array", "items": {"type": "string"}, "maxItems": 2}},
    "required": ["titles"],
    "additionalProperties": False,
}
QUESTION = {"messages": [{"role": "user", "content": "Name a colour."}], "max_tokens": 8}


@pytest.fixture
def client(model_endpoint: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client that has the key."""
    root = model_endpoint["base_url"].removesuffix("/v1")
    headers = {"Authorization": f"Bearer {model_endpoint['key']}"}
    with httpx.Client(base_url=root, headers=headers, timeout=60) as client:
        yield client


def figure(client: httpx.Client, name: str) -> float:
    """Return one of the server's own figures."""
    found = re.search(rf"^llamacpp:{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found
    return float(found[1])


def test_it_answers_in_the_words_of_openai_under_a_name_that_shows_no_path(client: httpx.Client) -> None:
    answer = client.post("/v1/chat/completions", json=QUESTION).json()

    assert answer["choices"][0]["message"]["content"]
    assert answer["model"] == MODEL
    assert answer["usage"]["completion_tokens"] <= 8
    assert "/site-packages" not in client.get("/props").text + client.get("/v1/models").text


def test_it_keeps_to_a_json_schema(client: httpx.Client) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
    question = {**QUESTION, "max_tokens": 200, "seed": 1, "response_format": form}
    content = client.post("/v1/chat/completions", json=question).json()["choices"][0]["message"]["content"]

    assert re.match(r'\s*{\s*"titles"\s*:\s*\[', content)


def test_nobody_without_the_key_has_it_work(model_endpoint: dict[str, Any]) -> None:
    url = f"{model_endpoint['base_url']}/chat/completions"

    assert httpx.post(url, json=QUESTION).status_code == 401
    assert httpx.post(url, json=QUESTION, headers={"Authorization": "Bearer x"}).status_code == 401


def test_it_has_no_page_and_lets_no_other_origin_in(client: httpx.Client) -> None:
    answer = client.options("/v1/chat/completions", headers={"Origin": "https://example.com"})

    assert client.get("/").status_code == 404
    assert not answer.headers["Access-Control-Allow-Origin"]
    assert not answer.headers["Access-Control-Allow-Methods"]


def test_a_caller_who_leaves_in_mid_stream_frees_the_slot(client: httpx.Client) -> None:
    endless = {**QUESTION, "max_tokens": 1000, "stream": True, "ignore_eos": True}
    before = figure(client, "tokens_predicted_total")  # of all that asked this server
    with client.stream("POST", "/v1/chat/completions", json=endless) as answer:
        next(answer.iter_lines())
        assert figure(client, "requests_processing") == 1

    eventually(lambda: figure(client, "requests_processing") == 0, within_s=2)
    assert figure(client, "tokens_predicted_total") - before < 900


def test_a_prompt_is_not_read_again_after_others_took_all_its_places(client: httpx.Client) -> None:
    def read(words: str) -> int:
        question = {"messages": [{"role": "user", "content": words}], "max_tokens": 1}
        return int(client.post("/v1/chat/completions", json=question).json()["timings"]["prompt_n"])

    hens, tides = "Hens need water, grain and a dry house. " * 6, "Tides follow the moon around the earth. " * 6
    first = read(hens + "One.")
    for number in range(2 * SLOTS):
        read(f"{number} {tides}")

    assert read(hens + "Two.") < first / 4


def test_a_prompt_longer_than_the_context_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "word " * 3000}]})

    assert answer.status_code == 400
    assert "exceeds the available context size" in answer.json()["error"]["message"]


def test_it_ends_at_once_in_the_middle_of_an_answer(tree: Tree, tmp_path: Path) -> None:
    service = llm_service(ROOT)
    with run(service, tmp_path / "model.log", tree) as running:
        endless = {**QUESTION, "max_tokens": 1000, "stream": True, "ignore_eos": True}
        headers = {"Authorization": f"Bearer {service.env[KEY_VARIABLE]}"}
        url = f"http://{LOOPBACK}:{service.listens}/v1/chat/completions"
        with httpx.Client() as client, client.stream("POST", url, json=endless, headers=headers) as answer:
            next(answer.iter_lines())
            running.ask_to_stop()
            eventually(lambda: running.exit_code is not None, within_s=service.stop_s)

    assert running.exit_code == 0


def test_a_machine_that_can_not_run_it_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libllama.so: no such file')")
    command = [sys.executable, "-m", "omniwriter.llm.server", "1"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path), KEY_VARIABLE: "key"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == (
        "The bundled model can't run here: libllama.so: no such file. Set LLM_ENDPOINTS to use another.\n"
    )


def test_the_key_is_neither_in_the_command_nor_the_same_twice() -> None:
    one, other = llm_service(ROOT), llm_service(ROOT)

    assert one.env[KEY_VARIABLE] != other.env[KEY_VARIABLE]
    assert one.env[KEY_VARIABLE] not in " ".join(one.command)
    assert one.env[KEY_VARIABLE] in llm_endpoint(one)


def test_its_endpoint_is_known_to_write_english_only(model_server: Running, model_endpoint: dict[str, Any]) -> None:
    assert model_endpoint["name"] == "bundled"
    assert model_endpoint["bundled"] is True
    assert model_endpoint["languages"] == ("en",)
    assert model_endpoint["max_in_flight"] == 2
    assert model_server.service.stop_signal == signal.SIGTERM
