"""The messages as bytes."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfmon.exceptions import ProtocolError
from perfmon.live import protocol
from perfmon.live.protocol import MAX_MESSAGE_BYTES, Ping, Resync, Subscribe, Unsubscribe, decode

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["subscribe", "unsubscribe", "resync", "ping"]) | json_values},
    optional={"topics": json_values, "topic": json_values, "more": json_values},
)


def outcome(raw: Any) -> Any:
    """Return the request or the error's code."""
    try:
        return decode(raw)
    except ProtocolError as problem:
        return orjson.loads(protocol.error(problem))["code"]


@settings(deadline=None)
@given(st.text() | st.binary() | st.none())
def test_whatever_is_sent_is_answered(raw):
    assert outcome(raw) is not None


@settings(deadline=None)
@given(messages)
def test_whatever_a_message_says_is_understood_or_refused(message):
    found = outcome(json.dumps(message))
    assert isinstance(found, (str, Subscribe, Unsubscribe, Resync, Ping))


@settings(deadline=None)
@given(st.text(alphabet='[{"', min_size=1, max_size=MAX_MESSAGE_BYTES))
def test_deep_nesting_is_no_way_in(text):
    assert outcome(text) in ("bad_json", "bad_type")


def test_a_message_is_measured_in_bytes():
    padding = "é" * (MAX_MESSAGE_BYTES // 2)
    assert outcome(json.dumps({"type": padding}, ensure_ascii=False)) == "too_large"
    assert outcome("7" * MAX_MESSAGE_BYTES) == "bad_json"


def test_a_lone_surrogate_is_refused_like_any_other_text_that_is_no_json():
    assert outcome('"\ud800"') == "bad_json"


def test_topics_named_twice_are_one():
    assert decode('{"type": "subscribe", "topics": ["a", "b", "a"]}') == Subscribe(("a", "b"))


@settings(deadline=None)
@given(st.text(), st.integers(0, 2**53), json_values)
def test_a_payload_is_spliced_in_as_it_is(topic, seq, data):
    body = json.dumps(data).encode()
    try:
        encoded = protocol.frame(topic, seq, body)
    except UnicodeEncodeError:
        return
    assert encoded.endswith(body + b"}")
    assert json.loads(encoded) == {"type": "frame", "topic": topic, "seq": seq, "data": data}
    assert json.loads(protocol.snapshot(topic, seq, body))["type"] == "snapshot"


@pytest.mark.parametrize("topic", ["endpoint/5m/GET /articles/<slug>/", 'a"b\\c', "ação/5m"])
def test_a_topic_is_quoted(topic):
    assert json.loads(protocol.frame(topic, 1, b"{}"))["topic"] == topic
