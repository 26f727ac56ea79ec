"""Jobs and calls in the admin: read only, in few queries, without texts; the way to a new one."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.articles.studio.generating import call, job


@pytest.mark.parametrize("model", ["generationjob", "providercall"])
def test_a_list_takes_the_same_few_queries_and_loads_no_texts(
    editor: Client, author: User, model: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        call(job(author, status="succeeded"))
    address = f"/admin/articles/{model}/"
    editor.get(address)

    with django_assert_num_queries(3) as asked:  # user, as far as is counted, rows
        page = editor.get(address)

    assert page.status_code == 200
    sent = " ".join(query["sql"] for query in asked.captured_queries)
    assert '"articles_generationjob"."text"' not in sent
    assert '"articles_generationjob"."state"' not in sent


def test_a_list_is_filtered_by_how_it_ended(editor: Client, author: User) -> None:
    failed, fine = job(author, status="failed"), job(author, status="succeeded")

    shown = editor.get("/admin/articles/generationjob/", {"status__exact": "failed"}).content.decode()
    assert f"/studio/generate/{failed.pk}/" in shown
    assert f"/studio/generate/{fine.pk}/" not in shown


def test_a_job_and_a_call_are_shown_and_never_changed(editor: Client, author: User) -> None:
    made = call(job(author, status="succeeded"), error="<script>alert(1)</script>")

    for address in (f"generationjob/{made.job_id}", f"providercall/{made.pk}"):
        shown = editor.get(f"/admin/articles/{address}/change/")
        assert shown.status_code == 200
        assert b"<script>alert(1)" not in shown.content
        assert editor.post(f"/admin/articles/{address}/change/", {"status": "queued"}).status_code == 403
        assert editor.post(f"/admin/articles/{address}/delete/", {"post": "yes"}).status_code == 403
    assert editor.get("/admin/articles/generationjob/add/").status_code == 403


@pytest.mark.parametrize("model", ["article", "generationjob"])
def test_an_article_can_be_generated_from_the_admin(editor: Client, model: str) -> None:
    shown = editor.get(f"/admin/articles/{model}/").content.decode()

    assert 'href="/studio/generate/"' in shown
