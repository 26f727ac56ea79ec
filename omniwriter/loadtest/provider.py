"""A language model's provider for load tests: a real HTTP server on loopback that answers at once, at no cost.

It speaks the streaming protocol of OpenAI's chat completions, as the site's own client does, so a job goes the whole
way from the queue to the draft. Only who has its key is answered.
"""

from __future__ import annotations

import itertools
import json
import random
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from articles.fake.texts import Writer
from articles.fake.words import VOCABULARIES
from omniwriter.stack.ports import LOOPBACK

MODEL = "load-test"
PATH = "/v1"
CHUNK_CHARS = 120
MOST_BODY_BYTES = 1 << 20
TITLES = (
    "What people expect from it", "Where the idea came from", "Tools that already work well",
    "Mistakes made along the way", "Rules for careful use", "Costs and who carries them", "Questions without an answer",
)  # fmt: skip


class Provider:
    """The server, in threads of its own from ``start`` to ``stop``; ``tag`` is the one it suggests for each text."""

    def __init__(self, tag: str) -> None:
        self.key = secrets.token_urlsafe(24)
        self._tag = tag
        self._numbers = itertools.count(1)
        self._server = _Server((LOOPBACK, 0), _Handler)
        self._server.provider = self
        self._thread = threading.Thread(target=self._server.serve_forever, name="load test provider", daemon=True)

    @property
    def url(self) -> str:
        """The address that its endpoint is given."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}{PATH}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def text_for(self, asked: dict[str, Any]) -> str:
        """Return the answer to a request: JSON where it has a schema, otherwise prose that no other answer has."""
        wanted = (asked.get("response_format") or {}).get("json_schema") or {}
        if schema := wanted.get("schema"):
            return json.dumps({name: self._value(name, part) for name, part in schema["properties"].items()})
        chance = random.Random(next(self._numbers))  # noqa: S311 - nothing secret
        writer = Writer(VOCABULARIES["en"], "Technology", chance)
        return "\n\n".join(part for part in writer.text().body.split("\n\n") if not part.startswith(("#", "-")))

    def _value(self, name: str, part: dict[str, Any]) -> Any:
        if name == "tags":
            return [self._tag]
        if part.get("type") == "array":
            return list(TITLES[: part.get("minItems", len(TITLES))])
        return "A text that a load test had written, to see how many the site can have written at once."


class _Server(ThreadingHTTPServer):
    """Knows whom it serves."""

    daemon_threads = True
    request_queue_size = 128
    provider: Provider


class _Handler(BaseHTTPRequestHandler):
    """One request: the list of models, or a streamed answer."""

    server: _Server
    timeout = 30  # of one that never says what it wants

    def do_GET(self) -> None:
        """Name the one model there is."""
        self._send_json(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def do_POST(self) -> None:
        """Answer with a stream to who has the key."""
        length = min(int(self.headers.get("Content-Length") or 0), MOST_BODY_BYTES)
        body = self.rfile.read(length)
        if not secrets.compare_digest(self.headers.get("Authorization") or "", f"Bearer {self.server.provider.key}"):
            self._send_json(401, {"error": {"message": "The key is wrong.", "code": "invalid_api_key"}})
            return
        asked = json.loads(body)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"".join(_events(self.server.provider.text_for(asked), asked)))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request: the ledger has it."""

    def _send_json(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _events(text: str, asked: dict[str, Any]) -> Iterator[bytes]:
    """Yield the stream's server-sent events: the words in pieces, the end, the count of tokens, the mark of the end."""
    for at in range(0, len(text), CHUNK_CHARS):
        yield _event([_choice({"role": "assistant", "content": text[at : at + CHUNK_CHARS]}, None)])
    yield _event([_choice({}, "stop")])
    tokens_in, tokens_out = len(str(asked.get("messages"))) // 4 + 1, len(text) // 4 + 1
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
    yield _event([], usage=usage)
    yield b"data: [DONE]\n\n"


def _choice(delta: dict[str, str], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _event(choices: list[dict[str, Any]], **further: Any) -> bytes:
    frame = {"id": "load-test", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": choices}
    return f"data: {json.dumps({**frame, **further})}\n\n".encode()
