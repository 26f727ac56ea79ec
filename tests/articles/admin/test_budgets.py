"""Budgets in the admin: whom one is for is asked for in words; what is used stands beside the bound."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from articles.enums import CallOutcome
from articles.models import Budget, ProviderCall

ADD = "/admin/articles/budget/add/"


def page_of(client: Client, **fields: object) -> str:
    """Post the form; return the page."""
    return client.post(ADD, fields, follow=True).content.decode()


def test_a_budget_is_made_for_the_site_a_group_and_an_account(editor: Client, author: User) -> None:
    group = Group.objects.get(name="Writers")

    page_of(editor, scope="site", month_limit="10")
    page_of(editor, scope="group", group=group.pk, month_limit="0")
    page_of(editor, scope="user", user=author.pk, jobs_per_day="5")

    assert set(Budget.objects.values_list("scope", "month_limit", "jobs_per_day")) == {
        ("site", Decimal(10), None),
        ("group", Decimal(0), None),
        ("user", None, 5),
    }


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"scope": "group", "month_limit": "1"}, "Name the group."),
        ({"scope": "user", "month_limit": "1"}, "Name the account."),
        ({"scope": "site", "month_limit": "1", "user": "own"}, "choose “One account”"),
        ({"scope": "each", "month_limit": "1", "group": "own"}, "choose “Each account of a group”"),
        ({"scope": "site"}, "Give an amount a month, a number of jobs a day, or both."),
        ({"scope": "site", "month_limit": "-1"}, "greater than or equal to 0"),
        ({"scope": "", "month_limit": "1"}, "This field is required."),
    ],
)
def test_what_binds_nobody_or_nothing_is_refused_in_words(
    editor: Client, author: User, fields: dict[str, str], says: str
) -> None:
    own = {"user": author.pk, "group": Group.objects.get(name="Writers").pk}

    page = page_of(editor, **{name: own[name] if value == "own" else value for name, value in fields.items()})

    assert says in page
    assert not Budget.objects.exists()


def test_the_site_has_one_budget(editor: Client) -> None:
    page_of(editor, scope="site", month_limit="10")

    assert "There is one already. Change that one." in page_of(editor, scope="site", month_limit="20")
    assert Budget.objects.get().month_limit == 10


def test_what_is_spent_stands_beside_the_bound(editor: Client, author: User) -> None:
    Budget.objects.create(scope="site", month_limit=10)
    now = timezone.now()
    ProviderCall.objects.create(
        owner=author, number=1, lease=uuid.uuid4(), purpose="section", endpoint="one", model="m",
        outcome=CallOutcome.OK, cost=Decimal("3.2"), started_at=now, settled_at=now,
    )  # fmt: skip

    assert "3.20" in editor.get("/admin/articles/budget/").content.decode()
