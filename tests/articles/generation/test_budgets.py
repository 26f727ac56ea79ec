"""Budgets: who is bound by which, and what counts against it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from articles.enums import BudgetScope, CallOutcome
from articles.generation.budgets import bounds_of, require_jobs, require_money, spent, standing_of
from articles.generation.errors import BudgetError
from articles.models import Budget, GenerationJob, ProviderCall

NOW = datetime(2026, 3, 17, 15, tzinfo=UTC)
Spend = Callable[..., ProviderCall]


@pytest.fixture(autouse=True)
def _march() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def spend(author: User) -> Spend:
    """Enter a call in the ledger."""

    def make(cost: str, *, owner: User | None = None, at: datetime = NOW, is_open: bool = False) -> ProviderCall:
        settled = {} if is_open else {"outcome": CallOutcome.OK, "cost": Decimal(cost), "settled_at": at}
        return ProviderCall.objects.create(
            number=ProviderCall.objects.count() + 1, lease=uuid.uuid4(), owner=owner or author, purpose="section",
            endpoint="openai", model="m", reserved=Decimal(cost), started_at=at, **settled,
        )  # fmt: skip

    return make


def test_without_budgets_nothing_is_bound(author: User, spend: Spend) -> None:
    spend("1000")

    require_jobs(author.pk, jobs=1000)
    require_money(standing_of(author.pk), Decimal(1000))


def test_the_most_particular_budget_binds_and_of_groups_the_most_generous(author: User) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, month_limit=1, jobs_per_day=5)
    assert bounds_of(author.pk).account == 1

    for name, limit in (("Few", 2), ("Many", 7)):
        group = Group.objects.create(name=name)
        author.groups.add(group)
        Budget.objects.create(scope=BudgetScope.GROUP, group=group, month_limit=limit)
    assert bounds_of(author.pk).account == 7
    assert bounds_of(author.pk).jobs_per_day == 5  # what a particular one leaves open, a general one says

    Budget.objects.create(scope=BudgetScope.USER, user=author, month_limit=3)
    assert bounds_of(author.pk).account == 3
    assert bounds_of(User.objects.create_user("other").pk).account == 1


def test_this_months_money_counts_settled_as_it_cost_and_open_as_it_may(author: User, spend: Spend) -> None:
    spend("1.50")
    spend("0.25", is_open=True)
    spend("90", at=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    spend("4", owner=User.objects.create_user("other"))

    assert spent(author.pk) == Decimal("1.75")
    assert spent() == Decimal("5.75")


@pytest.mark.parametrize(("cost", "fits"), [("0.25", True), ("0.250001", False), ("0", True)])
def test_a_call_fits_to_the_last_millionth(author: User, spend: Spend, cost: str, fits: bool) -> None:
    Budget.objects.create(scope=BudgetScope.USER, user=author, month_limit=2)
    spend("1.75")

    if fits:
        require_money(standing_of(author.pk), Decimal(cost))
        return
    with pytest.raises(BudgetError) as refused:
        require_money(standing_of(author.pk), Decimal(cost))
    assert (refused.value.code, refused.value.limit, refused.value.used) == ("account", 2, Decimal("1.75"))


def test_a_budget_of_zero_stops_what_has_a_price_and_nothing_else(author: User) -> None:
    Budget.objects.create(scope=BudgetScope.SITE, month_limit=0)

    require_money(standing_of(author.pk), Decimal(0))
    with pytest.raises(BudgetError) as refused:
        require_money(standing_of(author.pk), Decimal("0.000001"))
    assert refused.value.code == "site"


def test_jobs_are_counted_from_midnight(author: User) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, jobs_per_day=2)
    with time_machine.travel(NOW - timedelta(hours=15, seconds=1), tick=False):
        GenerationJob.objects.create(kind="article", owner=author)
    GenerationJob.objects.create(kind="article", owner=author)

    require_jobs(author.pk)
    GenerationJob.objects.create(kind="article", owner=author)
    with pytest.raises(BudgetError) as refused:
        require_jobs(author.pk)
    assert (refused.value.code, refused.value.limit, refused.value.used) == ("jobs", 2, 2)


def test_a_budget_of_no_jobs_lets_none_start(author: User) -> None:
    Budget.objects.create(scope=BudgetScope.USER, user=author, jobs_per_day=0)

    with pytest.raises(BudgetError):
        require_jobs(author.pk)


@pytest.mark.parametrize(
    "fields", [{"scope": "user"}, {"scope": "group"}, {"scope": "site", "user": True}, {"scope": "each", "group": True}]
)
def test_the_database_takes_no_budget_that_names_the_wrong_thing(author: User, fields: dict[str, Any]) -> None:
    named = {"user": author, "group": Group.objects.create(name="Few")}
    given = {name: named[name] if value is True else value for name, value in fields.items()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.create(**given)
    with pytest.raises(ValidationError):
        Budget(**given).full_clean()
