"""Statements as people skim them: short, and without anybody's text in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.databases.shortening import LONGEST_CHARS, is_own, shortened


@pytest.mark.parametrize(
    ("sql", "short"),
    [
        ('SELECT\n  "a"."id" FROM "a"', "SELECT a.id FROM a"),
        ('SELECT "a"."id", "a"."b", "a"."c", "a"."d" FROM "a"', "SELECT a.id, … 3 more FROM a"),
        ('SELECT "a"."id" FROM "a" WHERE "a"."id" IN ($1, $2, $3, $4)', "SELECT a.id FROM a WHERE a.id IN (…)"),
        ("INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4), ($5, $6)", "INSERT INTO a (b, c) VALUES ($1, $2), …"),
        ('SELECT "Order"."x" FROM "Order"', 'SELECT "Order".x FROM "Order"'),
        ("ALTER ROLE bob PASSWORD 'it''s secret'", "ALTER ROLE bob PASSWORD '…'"),
        ("ALTER ROLE bob PASSWORD E'it\\'s secret'", "ALTER ROLE bob PASSWORD E'…'"),
        ("CREATE ROLE bob PASSWORD 'cut off in the mid", "CREATE ROLE bob PASSWORD '…'"),
        ("DO $$ BEGIN secret END $$", "DO '…'"),
        ("DO $body$ a $$ b $body$ LANGUAGE x", "DO '…' LANGUAGE x"),
        ("SELECT $1 || $2", "SELECT $1 || $2"),
        ("SELECT a FROM b WHERE c IN ($1 /*, ... */) /* by hand */", "SELECT a FROM b WHERE c IN ($1, …)"),
    ],
)
def test_a_statement_is_folded_to_what_it_does(sql, short):
    assert shortened(sql) == short


@given(st.text(max_size=2_000))
def test_any_text_becomes_one_line_of_bounded_length(sql):
    short = shortened(sql)
    assert len(short) <= LONGEST_CHARS
    assert "\n" not in short


@given(st.text(st.characters(exclude_characters="'\\"), min_size=1), st.text(st.characters(exclude_characters="'$\\")))
def test_no_literal_survives(secret, before):
    marked = f"<{secret}>"
    assert marked not in shortened(f"{before} '{marked}' {before}")


def test_perfmons_own_statements_are_known():
    assert is_own('SELECT max("perfmon_minuterollup"."start") FROM "perfmon_minuterollup"')
    assert is_own("SELECT 1 FROM pg_index /* perfmon */")
    assert not is_own("SELECT 1 FROM pg_index")
    assert not is_own('SELECT "articles_article"."id" FROM "articles_article"')
