"""What is counted of a text that somebody writes."""

from __future__ import annotations

import pytest

from articles.content import count_words
from articles.limits import MAX_BODY_CHARS


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", 0),
        ("A lamp burns all night.", 5),
        ("São Paulo não dorme, às 3 da manhã", 8),
        ("## Why\n\n- one\n- two\n\n---\n\n* * *\n\n> three", 4),
        ("**light**, `code` and a [link to it](https://example.org/a/b)", 7),
        ("![A lamp in a window](/media/images/0/960.jpeg)", 0),
        ("Before![A lamp](/media/images/0/960.jpeg)after", 2),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 4),
        ("an unclosed ![picture of", 4),
        ("__ _ *** 42", 1),
    ],
)
def test_words_are_what_readers_read_and_marks_and_pictures_are_none(body: str, words: int) -> None:
    assert count_words(body) == words


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["![", "![]", "![](", "![a](b) ", "_", "_ "])
def test_no_text_takes_long_to_count(part: str) -> None:
    assert count_words(part * (MAX_BODY_CHARS // len(part))) in (0, 1, MAX_BODY_CHARS // len(part))
