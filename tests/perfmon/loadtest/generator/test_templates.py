"""Texts with words in braces come out filled, and escaped for where they stand."""

from __future__ import annotations

import json
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.generator.templates import body_template, path_template, words_in


@given(st.text())
def test_what_is_filled_into_a_path_stays_one_part_of_it(value: str) -> None:
    filled = path_template("/articles/{slug}/", {"slug"}).fill(lambda _: value)
    assert filled.isascii()
    assert filled.count("/") == 3
    assert unquote(filled) == f"/articles/{value}/"


@given(st.text(), st.text().filter(lambda text: "{" not in text))
def test_a_filled_body_is_the_json_of_the_filled_texts(value: str, around: str) -> None:
    body = {"title": around + "{word}", "list": [1, None, {"deep": "{word}{word}"}]}
    filled = json.loads(body_template(body, {"word"}).fill(lambda _: value))
    assert filled == {"title": around + value, "list": [1, None, {"deep": value + value}]}


@given(st.text())
def test_unknown_words_stay(text: str) -> None:
    assert json.loads(body_template({"a": text}, set()).fill(lambda word: word)) == {"a": text}


def test_each_place_asks_anew() -> None:
    values = iter("abc")
    assert path_template("/{w}/{w}?{w}", {"w"}).fill(lambda _: next(values)) == "/a/b?c"


def test_the_rest_of_a_path_is_quoted_once() -> None:
    assert path_template("/ä/a%20b?q=1&r={w}", {"w"}).fill(lambda _: "&") == "/%C3%A4/a%20b?q=1&r=%26"
    assert words_in("/{a}/{b}?{a}{}") == {"a", "b"}
