"""The list of what models wrote: one's own, by status, with places and costs, in the same few queries."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.articles.studio.generating import WISH, call, job

ADDRESS = "/studio/generations/"


def test_ones_own_are_listed_with_place_and_cost_and_a_superuser_sees_all(
    writer: Client, editor: Client, author: User
) -> None:
    call(job(author))
    job(author, status="queued")
    job(User.objects.create_user("rosa"), parameters={**WISH, "title": "On rain"})

    shown = writer.get(ADDRESS).content.decode()
    assert "US$ 0.000213" in shown
    assert "number 2 in the queue" in shown
    assert "On rain" not in shown
    assert "On rain" in editor.get(ADDRESS).content.decode()


def test_the_list_is_filtered_by_status(writer: Client, author: User) -> None:
    job(author, status="failed", parameters={**WISH, "title": "On rain"})
    job(author, status="cancelled", parameters={**WISH, "title": "On snow"})

    shown = writer.get(ADDRESS, {"status": "failed"}).content.decode()
    assert "On rain" in shown
    assert "On snow" not in shown


def test_an_empty_list_teaches_the_next_step(writer: Client) -> None:
    assert "Write the first one" in writer.get(ADDRESS).content.decode()
    assert "Nothing has this status" in writer.get(ADDRESS, {"status": "failed"}).content.decode()


@pytest.mark.parametrize("query", [{"status": "lost"}, {"before": "x"}, {"before": "9" * 40}])
def test_a_list_there_is_not_is_no_page(writer: Client, query: dict[str, str]) -> None:
    assert writer.get(ADDRESS, query).status_code == 404


def test_a_long_list_has_pages_and_takes_the_same_few_queries(
    writer: Client, author: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    jobs = [job(author, status="queued") for _ in range(35)]
    for each in jobs:
        call(each)
    writer.get(ADDRESS)

    with django_assert_num_queries(6):  # user, two of rights, jobs, costs, places
        shown = writer.get(ADDRESS).content.decode()

    assert f"before={jobs[5].pk}" in shown
    assert writer.get(ADDRESS, {"before": str(jobs[5].pk)}).status_code == 200
