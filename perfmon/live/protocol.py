"""The websocket's messages, version 1. Pure; ``docs/websocket.md`` tells it to programs.

A client sends ``subscribe``, ``unsubscribe`` and ``resync`` with ``topics``, and ``ping``. It gets ``snapshot`` and ``frame``
(each the topic's whole payload, with a sequence number), ``error`` and ``pong``.
"""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any, NamedTuple

VERSION = 1
MAX_MESSAGE_CHARS = 4096
MAX_TOPICS = 16
TYPES_WITH_TOPICS = frozenset({"subscribe", "unsubscribe", "resync"})
TYPES = TYPES_WITH_TOPICS | {"ping"}


class CloseCode(IntEnum):
    """Why the server closes; 1012 (restart) is the web server's own."""

    LOG_IN = 4401
    NOT_ALLOWED = 4403
    TOO_MANY_MESSAGES = 4429


class ProtocolError(Exception):
    """A message that can't be followed; ``code`` is for programs, the text names the field and what is allowed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ClientMessage(NamedTuple):
    """A message from a client, checked."""

    type: str
    topics: tuple[str, ...] = ()


def decode(text: str) -> ClientMessage:
    """Read a client's message; raises ProtocolError whatever the text is."""
    if len(text) > MAX_MESSAGE_CHARS:
        raise ProtocolError("too_long", f"A message has at most {MAX_MESSAGE_CHARS} characters.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("bad_json", "A message is one JSON object.") from None
    if not isinstance(message, dict):
        raise ProtocolError("bad_json", "A message is one JSON object.")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise ProtocolError("bad_type", f"type must be one of {', '.join(sorted(TYPES))}.")
    unknown = sorted(set(message) - {"type", "topics", "v"})
    if unknown:
        raise ProtocolError("unknown_field", f"{unknown[0][:40]} is not a field; the fields are type and topics.")
    return ClientMessage(kind, _topics(message.get("topics")) if kind in TYPES_WITH_TOPICS else ())


def _topics(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(topic, str) for topic in value):
        raise ProtocolError("bad_topics", 'topics must be a list of names, such as ["overview/5m"].')
    if len(value) > MAX_TOPICS:
        raise ProtocolError("too_many_topics", f"topics holds at most {MAX_TOPICS} names.")
    return tuple(dict.fromkeys(value))


def data_message(kind: str, topic: str, sequence: int, body: bytes) -> str:
    """Return a snapshot or frame around a body that is JSON already, so that it is encoded once for everybody."""
    head = json.dumps({"v": VERSION, "type": kind, "topic": topic, "seq": sequence})
    return f'{head[:-1]}, "data": {body.decode()}}}'


def error_message(code: str, message: str, topic: str = "") -> str:
    """Return an error; it names the topic when it is about one."""
    fields = {"v": VERSION, "type": "error", "code": code, "message": message}
    return json.dumps(fields | ({"topic": topic} if topic else {}))


PONG = json.dumps({"v": VERSION, "type": "pong"})
