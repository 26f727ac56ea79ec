"""The page of statements: the table as the address asks for it, and what it says when there is none."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from perfmon.databases.statements import State, Statement, Statements
from perfmon.panels import queries, topics
from perfmon.panels.query_table import ORDERS, QueryTable
from tests.fixtures.servers import aliased
from tests.perfmon.panels.seeding import NOW

pytestmark = pytest.mark.django_db
TEXTS = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=100)
LIST = Statement(11, 'SELECT "articles_article"."id" FROM "articles_article"', 40, 4_000.0, 900.0, 800, 99, 1, 8192)
SAVE = Statement(12, 'UPDATE "articles_article" SET "views" = $1', 2, 900.0, 600.0, 2, 10, 30, 9 << 20)
OWN = Statement(13, 'SELECT * FROM "perfmon_minuterollup"', 900, 100.0, 4.0, 9_000, 0, 0, 0)


@pytest.fixture
def reading(monkeypatch) -> dict[str, Statements]:
    """What each database answers; the test fills it."""
    answers: dict[str, Statements] = {}
    monkeypatch.setattr(queries.remembered, "newest", answers.get)
    return answers


@pytest.fixture
def three(reading) -> dict[str, Statements]:
    """Three statements in the default database, of five that took ten seconds."""
    reading["default"] = Statements(State.OK, None, 10_000.0, 5, "web", False, (LIST, SAVE, OWN))
    return reading


@pytest.fixture
def staff(client):
    """A client logged in as staff."""
    client.force_login(User.objects.create_user("ops", is_staff=True))
    return client


def panel(key: str = "") -> dict:
    """The panel's data for a topic's key."""
    return topics.payload(f"queries/5m{'/' if key else ''}{key}", NOW)["panels"]["statements"]


def text_of(response) -> str:
    """The page as a reader sees it."""
    body = re.sub(r"<(script|template).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).replace("\xa0", " ")


@given(st.sampled_from(sorted(ORDERS)), TEXTS)
def test_a_state_is_read_back_from_its_topic(sort, text):
    table = QueryTable("default", sort, text)
    assert QueryTable.read(table.key) == table
    query = topics.parse(f"queries/5m/{table.key}")
    assert topics.parse(topics.topic_of(query)) == query


def test_a_row_has_units_its_share_of_all_time_and_its_share_of_blocks_in_memory(three):
    first = panel()["rows"][0]
    assert first == {
        "id": "11",
        "text": "SELECT articles_article.id FROM articles_article",
        "own": False,
        "part": 40.0,
        "share": "40.0%",
        "total": "4.00\xa0s",
        "mean": "100\xa0ms",
        "max": "900\xa0ms",
        "calls": "40",
        "rows": "800",
        "read": "8.00\xa0KiB",
        "hit": "99.0%",
    }


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("-total", ["11", "12", "13"]),
        ("-mean", ["12", "11", "13"]),
        ("-calls", ["13", "11", "12"]),
        ("-rows", ["13", "11", "12"]),
        ("-read", ["12", "11", "13"]),
    ],
)
def test_each_order_has_its_largest_first(three, sort, ids):
    assert [row["id"] for row in panel(f"default/{sort}")["rows"]] == ids


def test_the_filter_looks_into_the_whole_text_and_says_when_nothing_matches(three):
    assert [row["id"] for row in panel("default/-total/SET")["rows"]] == ["12"]
    nothing = panel("default/-total/no such/text")
    assert (nothing["rows"], "contains this text" in nothing["nothing"]) == ([], True)


def test_perfmons_own_statements_are_marked_and_summed_up(three):
    shown = panel()
    assert [row["own"] for row in shown["rows"]] == [False, False, True]
    assert "1.00% of it perfmon's own" in shown["scope"]
    assert "those of the role web only" in shown["scope"]
    assert "5 statements" in shown["scope"]


def test_at_most_so_many_rows_are_shown_and_a_frame_stays_small(reading):
    many = tuple(LIST._replace(id=number, text=f"SELECT {number}, " + "lamp " * 300) for number in range(200))
    reading["default"] = Statements(State.OK, None, 10_000.0, 200, "", False, many)
    assert len(panel()["rows"]) == queries.MAX_ROWS
    assert len(topics.build("queries/5m/default/-total", NOW)) < 16_000


@pytest.mark.parametrize(
    ("state", "says", "codes"),
    [
        (State.OTHER_VENDOR, "SQLite, which keeps no statistics", []),
        (State.NOT_CREATED, "lacks the extension", ["ALTER SYSTEM SET shared_preload_libraries", "CREATE EXTENSION"]),
        (State.NOT_LOADED, "started without it", ["ALTER SYSTEM SET shared_preload_libraries"]),
        (State.DENIED, "may not read", ['GRANT SELECT ON pg_stat_statements, pg_stat_statements_info TO "we""b"']),
        (State.SLOW, "did not answer within 2 s", []),
        (State.AWAY, "can't be reached", []),
    ],
)
def test_without_figures_the_page_says_why_and_what_to_do(staff, reading, state, says, codes):
    reading["default"] = Statements(state, role='we"b')
    shown = panel()
    assert says in shown["why"]
    assert len(shown["steps"]) == len(codes)
    assert all(step["code"].startswith(code) for step, code in zip(shown["steps"], codes, strict=True))
    assert says.replace("'", "&#x27;") in text_of(staff.get("/dashboard/queries"))


def test_while_it_is_being_read_the_page_says_so(reading):
    assert "being read" in panel()["why"]


def test_a_site_on_sqlite_is_told_so_by_the_real_reading(staff):
    queries.remembered.forget()
    assert "The database default is SQLite" in text_of(staff.get("/dashboard/queries"))


def test_the_page_shows_the_table_as_its_address_says(staff, three):
    page = staff.get("/dashboard/queries", {"db": "default", "sort": "-mean", "q": "articles"}).content.decode()
    assert 'data-topic="queries/5m/default/-mean/articles"' in page
    assert page.index('data-key="12"') < page.index('data-key="11"')
    assert 'data-key="13"' not in page
    assert 'aria-sort="descending"><a href="?range=5m&amp;db=default&amp;sort=-mean&amp;q=articles"' in page
    assert 'class="ranges"' not in page


@pytest.mark.parametrize(
    ("params", "allowed"),
    [
        ({"db": "nowhere"}, "default"),
        ({"sort": "total"}, "-total -mean -calls -rows -read"),
        ({"sort": "-p95"}, "-read"),
    ],
)
def test_another_database_or_order_is_refused_with_those_that_exist(staff, params, allowed):
    response = staff.get("/dashboard/queries", params)
    assert response.status_code == 400
    assert allowed in text_of(response)


def test_texts_are_escaped(staff, reading):
    hostile = LIST._replace(text='SELECT "<script>alert(1)</script>"')
    reading["default"] = Statements(State.OK, None, 4_000.0, 1, "", False, (hostile,))
    body = staff.get("/dashboard/queries", {"q": "<script>"}).content.decode()
    assert "<script>alert" not in body.replace("\\u003Cscript", "")


def test_every_database_can_be_chosen_and_shows_its_own_statements(staff, postgres_alias):
    with connections[postgres_alias].cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
        cursor.execute("SELECT pg_stat_statements_reset()")
        cursor.execute("SELECT 41 + 1 AS the_answer")
    queries.remembered.forget()
    page = staff.get("/dashboard/queries", {"db": postgres_alias})
    assert "SELECT $1 + $2 AS the_answer" in text_of(page)
    assert "a primary" in text_of(page)
    assert 'href="?range=5m&amp;db=default&amp;sort=-total"' in page.content.decode()
    queries.remembered.forget()


def test_a_database_that_is_away_delays_nothing_but_its_own_page(staff, three):
    with aliased("postgres://nobody@127.0.0.1:1/nothing", "away"):
        assert staff.get("/dashboard/queries").status_code == 200
        assert staff.get("/dashboard/queries", {"db": "away"}).status_code == 200
