"""The ledger's pages: sums that equal the calls, months, whose calls are seen, a table that is no formula."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from articles.enums import BudgetScope, CallOutcome
from articles.generation.ledger_selectors import (
    FINE,
    Month,
    account_sums,
    article_sums,
    call_list,
    month_sums,
    month_times,
)
from articles.models import Article, Budget, ProviderCall

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
MARCH = Month(2026, 3)
Call = Callable[..., ProviderCall]
Make = Callable[..., Article]


@pytest.fixture(autouse=True)
def now() -> Any:
    """The middle of March."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def call(author: User) -> Call:
    """Store a settled call of Clarice's."""

    def make(**fields: Any) -> ProviderCall:
        given = {
            "owner": author, "number": 1, "lease": uuid.uuid4(), "purpose": "section", "endpoint": "openai",
            "model": "gpt", "outcome": CallOutcome.OK, "tokens_in": 100, "tokens_out": 50, "cost": Decimal("0.25"),
            "started_at": NOW, "settled_at": NOW, "duration_ms": 900, "first_token_ms": 200, **fields,
        }  # fmt: skip
        return ProviderCall.objects.create(**given)

    return make


def page_of(client: Client, address: str = "/studio/ledger/", **query: str) -> str:
    """Return a page's text, its white space made single."""
    answer = client.get(address, query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_month_is_summed_by_model_account_article_and_day(
    editor: Client, call: Call, draft: Make, author: User
) -> None:
    article = draft("On lamps")
    call(article=article)
    call(model="gpt-mini", endpoint="other", cost=Decimal("1.5"), started_at=NOW - timedelta(days=3))
    call(outcome=CallOutcome.TIMEOUT, cost=Decimal(0))
    call(cost=Decimal(7), started_at=datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))

    page = page_of(editor)

    assert "US$ 1.7500" in page
    for words in ("gpt-mini", "other", "clarice", "On lamps", "2026-03-12"):
        assert words in page
    assert "outcome=failed" in page
    assert "US$ 7.0000" in page_of(editor, month="2026-02")


def test_an_account_sees_its_own_calls_and_a_superuser_all(writer: Client, editor: Client, call: Call) -> None:
    call(cost=Decimal(1))
    call(owner=User.objects.create_user("rosa"), cost=Decimal(2), model="secret-model")

    own, all_of_them = page_of(writer), page_of(editor)

    assert ("US$ 1.0000" in own, "secret-model" in own, "By account" in own) == (True, False, False)
    assert ("US$ 3.0000" in all_of_them, "rosa" in all_of_them) == (True, True)
    assert "secret-model" not in page_of(writer, "/studio/ledger/calls/")
    assert "secret-model" not in b"".join(writer.get("/studio/ledger/file/")).decode()


def test_an_open_call_counts_with_what_is_reserved(writer: Client, call: Call) -> None:
    call(outcome=CallOutcome.OPEN, cost=None, reserved=Decimal("0.5"), settled_at=None)

    assert "US$ 0.5000" in page_of(writer)


def test_budgets_say_how_much_is_used(writer: Client, call: Call) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, month_limit=10)
    Budget.objects.create(scope=BudgetScope.SITE, month_limit=3)
    call(cost=Decimal("3.2"))

    page = page_of(writer)

    assert "US$ 3.20 of 10.00 this month" in page
    assert "US$ 3.20 of 3.00 this month" in page
    assert page.count("used up") == 1
    assert re.search(r'max="10\.00" value="3\.20*"', page)


def test_percentiles_are_of_answers_alone(author: User, call: Call) -> None:
    for number in range(1, 101):
        call(number=number, duration_ms=number * 10, first_token_ms=number)
    call(outcome=CallOutcome.TIMEOUT, duration_ms=99_999, first_token_ms=None)

    times = month_times(account=author, month=MARCH)

    assert times == (100, 500, 950, 50, 95)


def test_an_empty_month_says_what_comes_here(writer: Client) -> None:
    assert "No calls in this month" in page_of(writer)
    assert "No call is like that." in page_of(writer, "/studio/ledger/calls/")


def test_calls_are_paged_and_kept_by_their_outcome(writer: Client, author: User, call: Call) -> None:
    for number in range(7):
        call(number=number, started_at=NOW - timedelta(minutes=number // 2), model=f"m{number}")
    call(outcome=CallOutcome.BUSY, error="Slow down.", model="busy-one")

    seen, after = [], None
    while True:
        page = call_list(account=author, month=MARCH, limit=3, after=after)
        seen += page.calls
        if (after := page.onward) is None:
            break
    assert len(seen) == len({found.pk for found in seen}) == 8
    assert [found.started_at for found in seen] == sorted((found.started_at for found in seen), reverse=True)

    failed = page_of(writer, "/studio/ledger/calls/", outcome="failed")
    assert ("busy-one" in failed, "Slow down." in failed, "m3" in failed) == (True, True, False)
    assert "busy-one" not in page_of(writer, "/studio/ledger/calls/", outcome="ok")


def test_the_table_is_streamed_and_no_cell_is_a_formula(writer: Client, call: Call, draft: Make) -> None:
    call(error="=HYPERLINK(1)", model="gpt", article=draft("On lamps"))

    answer: Any = writer.get("/studio/ledger/file/", {"month": "2026-03"})

    assert answer["Content-Disposition"] == 'attachment; filename="ledger-2026-03.csv"'
    assert answer.streaming
    row = next(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert row["error"] == "'=HYPERLINK(1)"
    assert (row["account"], row["cost"], row["started_at"]) == ("clarice", "0.250000", "2026-03-15T12:00:00Z")


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("", {"month": "2026-13"}),
        ("", {"month": "0000-01"}),
        ("", {"month": "x"}),
        ("", {"month": "9999-12"}),
        ("calls/", {"after": "x"}),
        ("calls/", {"outcome": "x"}),
        ("file/", {"month": "9"}),
    ],
)
def test_what_is_no_page_of_it_is_not_found(writer: Client, address: str, query: dict[str, str]) -> None:
    assert writer.get(f"/studio/ledger/{address}", query).status_code == 404


@pytest.mark.parametrize("month", ["2000-01", "2999-12", "2026-12"])
def test_any_month_is_shown(writer: Client, month: str) -> None:
    page_of(writer, month=month)


def test_who_has_no_business_here_sees_nothing(visitor: Client) -> None:
    for part in ("", "calls/", "file/"):
        assert visitor.get(f"/studio/ledger/{part}").status_code == 403


def test_many_calls_take_the_same_few_queries(
    editor: Client, call: Call, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        call(number=number, model=f"m{number}")
    page_of(editor)

    with django_assert_num_queries(7):  # user, number in review; days, articles, accounts, times, budgets
        page_of(editor)
    with django_assert_num_queries(3):
        page_of(editor, "/studio/ledger/calls/")


CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "outcome": st.sampled_from([outcome for outcome in CallOutcome if outcome != CallOutcome.OPEN]),
            "endpoint": st.sampled_from(["a", "b"]), "model": st.sampled_from(["x", "y", "z"]),
            "cost": st.decimals(0, 5, places=6), "tokens_in": st.integers(0, 9_999),
            "tokens_out": st.integers(0, 9_999), "day": st.integers(0, 30), "is_in_article": st.booleans(),
        }
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=CALLS)
def test_each_table_sums_to_the_calls(rows: list[dict[str, Any]], call: Call, author: User, draft: Make) -> None:
    ProviderCall.objects.all().delete()
    article = Article.objects.first() or draft("On lamps")
    for number, row in enumerate(rows):
        given = {**row, "started_at": MARCH.start + timedelta(days=row["day"])}
        del given["day"]
        call(number=number, article=article if given.pop("is_in_article") else None, **given)

    sums = month_sums(account=author, month=MARCH)

    cost = sum((row["cost"] for row in rows), Decimal(0))
    assert (sums.total.cost, sums.total.calls) == (cost, len(rows))
    assert sums.total.failures == sum(row["outcome"] not in FINE for row in rows)
    for lines in (sums.days, sums.providers, sums.models, account_sums(account=author, month=MARCH)):
        assert sum((line.sums.cost for line in lines), Decimal(0)) == cost
        assert sum(line.sums.tokens_in for line in lines) == sum(row["tokens_in"] for row in rows)
    of_articles = article_sums(account=author, month=MARCH)
    assert sum(line.sums.calls for line in of_articles) == sum(row["is_in_article"] for row in rows)
    assert len(sums.days) == 31
