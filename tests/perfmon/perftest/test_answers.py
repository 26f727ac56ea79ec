"""Answers read as their bytes come: whole at the right byte, however they are cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.perftest.answers import MAX_HEAD_BYTES, Answer, AnswerCutOff, MalformedAnswer

HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\n"
BODY = b"0123456789" * 7
WHOLE = {
    "length": HEAD + b"content-length: 70\r\n\r\n" + BODY,
    "nothing": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n46;x=y\r\n" + BODY + b"\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n",
    "no body": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok",
}


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_an_answer_is_whole_with_its_last_byte_and_not_before(name, data):
    whole = WHOLE[name]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=8)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    answer = Answer()
    assert [answer.feed(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert answer.status == (304 if name == "no body" else 200)
    assert not answer.closes


def test_one_without_a_length_ends_with_the_connection():
    answer = Answer()
    assert not answer.feed(HEAD + b"\r\nsome")
    assert not answer.feed(b"thing")
    assert answer.feed(b"")
    assert answer.closes


@pytest.mark.parametrize(
    ("head", "closes"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n", True),
        (b"HTTP/1.0 200 OK\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", False),
    ],
)
def test_whether_the_connection_can_be_used_again(head, closes):
    answer = Answer()
    assert answer.feed(head + b"Content-Length: 0\r\n\r\n")
    assert answer.closes is closes


@pytest.mark.parametrize("name", ["length", "chunks", "early hints"])
def test_one_that_stops_in_the_middle_is_cut_off(name):
    answer = Answer()
    answer.feed(WHOLE[name][:-1])
    with pytest.raises(AnswerCutOff):
        answer.feed(b"")


@pytest.mark.parametrize(
    "wrong",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 fine\r\n\r\n",
        HEAD + b"Content-Length: many\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"x" * (MAX_HEAD_BYTES + 1),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(wrong):
    with pytest.raises(MalformedAnswer):
        Answer().feed(wrong)
