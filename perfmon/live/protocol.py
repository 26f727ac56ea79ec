"""The websocket's messages, version 1, as bytes in and out; ``docs/websocket.md`` is its description for clients.

The body of a snapshot or frame is JSON already: it was encoded once by whoever built it and is spliced in as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from perfmon.exceptions import ProtocolError

VERSION = 1
SUBPROTOCOL = f"perfmon.v{VERSION}"
MAX_MESSAGE_BYTES = 4_096
MAX_TOPICS = 16

CLOSE_LOG_IN = 4401
CLOSE_NOT_ALLOWED = 4403
CLOSE_TOO_FAST = 1008  # the registered "policy violation"

PONG = b'{"type":"pong"}'


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Send snapshots and from then on frames of these topics."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Stop sending these topics."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resync:
    """Send a snapshot of a topic subscribed to."""

    topic: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer with a pong."""


Request = Subscribe | Unsubscribe | Resync | Ping


def decode(raw: str | bytes | None) -> Request:
    """Return what the client asks; raises ProtocolError naming the field, and nothing else whatever the bytes."""
    message = _json_object(raw)
    kind = message.pop("type", None)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise ProtocolError("bad_type", f"type must be one of {', '.join(_READERS)}.", field="type")
    request = reader(message)
    if message:
        field = next(iter(message))
        raise ProtocolError("unknown_field", f"A message of type {kind} has no such field.", field=field[:64])
    return request


def snapshot(topic: str, seq: int, body: bytes) -> bytes:
    """Return the message that carries a topic's payload to one who has just asked for it."""
    return _spliced(b"snapshot", topic, seq, body)


def frame(topic: str, seq: int, body: bytes) -> bytes:
    """Return the message that carries a topic's payload to everyone who watches it."""
    return _spliced(b"frame", topic, seq, body)


def error(problem: ProtocolError) -> bytes:
    """Return the message that says what was wrong with a request, and with which field or topic."""
    message = {"type": "error", "code": problem.code, "message": problem.message}
    if problem.field:
        message["field"] = problem.field
    if problem.topic:
        message["topic"] = problem.topic
    return orjson.dumps(message)


def _spliced(kind: bytes, topic: str, seq: int, body: bytes) -> bytes:
    return b'{"type":"%b","topic":%b,"seq":%d,"data":%b}' % (kind, orjson.dumps(topic), seq, body)


def _json_object(raw: str | bytes | None) -> dict[str, Any]:
    if not isinstance(raw, str):
        raise ProtocolError("not_text", "Messages are JSON objects in text frames.")
    encoded = raw[: MAX_MESSAGE_BYTES + 1].encode("utf-8", "replace")
    if len(encoded) > MAX_MESSAGE_BYTES:
        raise ProtocolError("too_large", f"A message has at most {MAX_MESSAGE_BYTES} bytes.")
    try:
        message = orjson.loads(encoded)
    except orjson.JSONDecodeError:
        raise ProtocolError("bad_json", "The message is not JSON.") from None
    if not isinstance(message, dict):
        raise ProtocolError("bad_json", "The message is not a JSON object.")
    return message


def _topics(message: dict[str, Any]) -> tuple[str, ...]:
    topics = message.pop("topics", None)
    if not isinstance(topics, list) or not topics or not all(isinstance(topic, str) for topic in topics):
        raise ProtocolError("bad_topics", "topics must be a list of at least one topic.", field="topics")
    if len(topics) > MAX_TOPICS:
        raise ProtocolError("too_many_topics", f"A socket watches at most {MAX_TOPICS} topics.", field="topics")
    return tuple(dict.fromkeys(topics))


def _topic(message: dict[str, Any]) -> str:
    topic = message.pop("topic", None)
    if not isinstance(topic, str) or not topic:
        raise ProtocolError("bad_topic", "topic must be a string.", field="topic")
    return topic


_READERS: dict[str, Callable[[dict[str, Any]], Request]] = {
    "subscribe": lambda message: Subscribe(_topics(message)),
    "unsubscribe": lambda message: Unsubscribe(_topics(message)),
    "resync": lambda message: Resync(_topic(message)),
    "ping": lambda message: Ping(),
}
