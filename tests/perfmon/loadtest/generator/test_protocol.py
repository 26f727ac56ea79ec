"""Messages come out as they went in, wherever the pipe cuts them; anything else is refused."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.generator.protocol import Inbox, PlanError, pack, target_of

MESSAGES = st.lists(st.dictionaries(st.text(), st.integers(-100, 100) | st.text() | st.binary()), max_size=5)


@given(MESSAGES, st.integers(1, 20))
def test_messages_come_out_whole(messages: list[dict[str, Any]], step: int) -> None:
    told, inbox = b"".join(map(pack, messages)), Inbox()
    parts = [told[at : at + step] for at in range(0, len(told), step)]
    assert [message for part in parts for message in inbox.feed(part)] == messages


@pytest.mark.parametrize("told", [b"\xc1", msgpack.packb(3), msgpack.packb([{}])])
def test_what_is_no_map_is_refused(told: bytes) -> None:
    with pytest.raises(PlanError) as caught:
        Inbox().feed(told)
    assert caught.value.field == "stdin"


@pytest.mark.parametrize("target", [-1, 1e9, float("nan"), float("inf"), "3", None, True])
def test_a_target_is_a_number_in_bounds(target: Any) -> None:
    with pytest.raises(PlanError) as caught:
        target_of({"target": target})
    assert caught.value.field == "target"
