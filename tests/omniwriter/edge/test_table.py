"""How long answers are kept, how many, and what makes them go; time is passed in."""

from __future__ import annotations

import threading

import pytest

from omniwriter.edge.answers import Kept, kept_answer
from omniwriter.edge.questions import Question
from omniwriter.edge.table import LIFE_NS, RENEW_NS, Table

MIB = 1 << 20


def question(path: bytes = b"/", method: str = "GET", **headers: bytes) -> Question:
    """Return a question as it is read from a request."""
    return Question(
        (b"host", path), {name.replace("_", "-").encode(): value for name, value in headers.items()}, method
    )


def answer(body: bytes = b"text", *, names: bytes = b"articles", vary: bytes = b"") -> Kept:
    """Return an answer that may be kept."""
    headers = [
        (b"cache-control", b"public"), (b"x-cache", b"hit"), (b"surrogate-key", names), (b"vary", vary),
        (b"content-length", b"%d" % len(body)),
    ]  # fmt: skip
    kept = kept_answer(200, headers, body)
    assert kept is not None
    return kept


def put(table: Table, asked: Question, kept: Kept, *, begun_ns: int = 0, now_ns: int = 1) -> bool:
    """Keep an answer whose question came at ``begun_ns``."""
    flight = table.begin(begun_ns)
    try:
        return table.store(asked, kept, flight, now_ns)
    finally:
        table.end(flight)


@pytest.fixture
def unhurried() -> None:
    """Time is passed in here, so answers live as long as they do."""


@pytest.fixture
def table() -> Table:
    """An empty table."""
    return Table(MIB)


def test_an_answer_lives_for_a_second_from_its_question(table: Table) -> None:
    put(table, question(), answer(), begun_ns=100, now_ns=500)

    assert table.find(question(), 100 + RENEW_NS - 1)
    assert table.find(question(method="HEAD"), 100 + LIFE_NS - 1)
    assert table.find(question(method="HEAD"), 100 + LIFE_NS) is None


def test_an_answer_that_took_a_second_is_not_kept(table: Table) -> None:
    assert not put(table, question(), answer(), now_ns=LIFE_NS)


def test_one_plain_question_renews_an_answer_that_the_others_still_get(table: Table) -> None:
    put(table, question(), answer())

    found = [table.find(asked, RENEW_NS) for asked in (question(if_none_match=b'"x"'), question(), question())]

    assert [kept is not None for kept in found] == [True, False, True]


def test_a_renewed_answer_takes_the_old_ones_place(table: Table) -> None:
    put(table, question(), answer(b"old"))
    put(table, question(), answer(b"new"), begun_ns=RENEW_NS, now_ns=RENEW_NS)

    kept = table.find(question(), LIFE_NS)

    assert kept is not None
    assert kept.body == b"new"
    assert table.size_bytes == kept.size_bytes


def test_a_change_drops_what_depends_on_it_and_nothing_else(table: Table) -> None:
    put(table, question(b"/list"), answer(names=b"articles names"))
    put(table, question(b"/one"), answer(names=b"article:1 names"))

    table.drop(("articles", "article:2"))

    assert table.find(question(b"/list"), 2) is None
    assert table.find(question(b"/one"), 2)


def test_a_change_of_all_leaves_nothing(table: Table) -> None:
    put(table, question(b"/a"), answer(names=b""))
    put(table, question(b"/b"), answer(vary=b"Accept-Language"))

    table.drop(("all",))

    assert (len(table), table.size_bytes) == (0, 0)


@pytest.mark.parametrize("changed", ["articles", "all"])
def test_an_answer_begun_before_a_change_is_not_kept_after_it(table: Table, changed: str) -> None:
    flight = table.begin(0)
    table.drop((changed,))

    assert not table.store(question(), answer(), flight, 1)
    table.end(flight)
    assert put(table, question(), answer())


def test_an_answer_begun_before_a_change_of_something_else_is_kept(table: Table) -> None:
    flight = table.begin(0)
    table.drop(("names",))

    assert table.store(question(), answer(), flight, 1)


def test_answers_that_depend_on_the_language_lie_side_by_side(table: Table) -> None:
    put(table, question(accept_language=b"en"), answer(b"hello", vary=b"Accept-Language"))
    put(table, question(accept_language=b"pt"), answer(b"oi", vary=b"accept-language, Accept-Encoding"))

    assert table.find(question(), 2) is None
    assert table.find(question(accept_language=b"de"), 2) is None
    assert table.find(question(accept_language=b"pt", accept_encoding=b"gzip"), 2) is None
    kept = table.find(question(accept_language=b"pt"), 2)
    assert kept is not None
    assert kept.body == b"oi"


def test_an_answer_that_depends_on_cookies_is_for_those_without_any(table: Table) -> None:
    assert not put(table, question(cookie=b"theme=dark"), answer(vary=b"Cookie"))
    assert put(table, question(), answer(vary=b"Cookie"))

    assert table.find(question(cookie=b"theme=dark"), 2) is None
    assert table.find(question(), 2)


def test_what_was_not_asked_for_longest_makes_room(table: Table) -> None:
    body = bytes(MIB // 8)
    for number in range(7):
        put(table, question(b"/%d" % number), answer(body), now_ns=number + 1)
    table.find(question(b"/0"), 100)

    put(table, question(b"/7"), answer(body), now_ns=101)

    assert table.size_bytes <= MIB
    assert [number for number in range(8) if table.find(question(b"/%d" % number), 102)] == [0, 3, 4, 5, 6, 7]


def test_what_has_run_out_is_forgotten(table: Table) -> None:
    for number in range(50):
        put(table, question(b"/%d" % number), answer())

    put(table, question(b"/new"), answer(), begun_ns=2 * LIFE_NS, now_ns=2 * LIFE_NS)

    assert len(table) == 1


def test_an_answer_larger_than_the_table_is_not_kept() -> None:
    small = Table(10_000)

    assert not put(small, question(), answer(bytes(10_000)))
    assert small.size_bytes == 0


def test_threads_that_drop_meet_a_loop_that_keeps_and_looks(table: Table) -> None:
    stop, asked = threading.Event(), [question(b"/%d" % number) for number in range(200)]

    def drop(name: str) -> None:
        while not stop.is_set():
            table.drop((name,))

    droppers = [threading.Thread(target=drop, args=(name,)) for name in ("articles", "names")]
    for thread in droppers:
        thread.start()
    try:
        for number in range(4_000):
            one = asked[number % 200]
            put(table, one, answer(names=b"articles" if number % 2 else b"names"), now_ns=number)
            found = table.find(one, number)
            assert found is None or found.body == b"text"
    finally:
        stop.set()
        for thread in droppers:
            thread.join()

    assert table.size_bytes == sum(kept.size_bytes for kept in table._kept.values())
    table.drop(("articles", "names"))
    assert (len(table), table.size_bytes) == (0, 0)
