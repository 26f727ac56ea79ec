"""The admin's actions on many articles: each is a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from articles.models import Article, BulkJob

Make = Callable[..., Article]
LIST = "/admin/articles/article/"


def act(client: Client, action: str, *articles: Article, query: str = "", **fields: Any) -> Any:
    """Choose an action for articles and press the button."""
    ticked = [article.pk for article in articles]
    return client.post(LIST + query, {"action": action, "_selected_action": ticked, **fields})


def test_an_action_starts_a_job_and_leads_to_its_page(
    editor: Client, draft: Make, django_capture_on_commit_callbacks: Any
) -> None:
    chosen = [draft("One"), draft("Two"), draft("Three")]
    Article.objects.filter(title="Two").update(status="archived")

    with django_capture_on_commit_callbacks(execute=True):
        answer = act(editor, "publish", *chosen)

    job = BulkJob.objects.get()
    assert answer["Location"] == f"/studio/jobs/{job.pk}/"
    assert sorted(Article.objects.values_list("title", "status")) == [
        ("One", "published"), ("Three", "published"), ("Two", "archived"),
    ]  # fmt: skip
    page = editor.get(answer["Location"]).content.decode()
    assert "2 of 3" in page
    assert "It is “Archived”, where this step is not open." in page
    assert f'href="/studio/articles/{chosen[1].pk}/"' in page


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("unpublish", "published", "draft"), ("archive", "draft", "archived"), ("restore", "archived", "draft")],
)
def test_each_action_takes_its_step(
    editor: Client, published: Make, django_capture_on_commit_callbacks: Any, action: str, before: str, after: str
) -> None:
    article = published()
    Article.objects.filter(pk=article.pk).update(status=before)

    with django_capture_on_commit_callbacks(execute=True):
        act(editor, action, article)

    article.refresh_from_db()
    assert article.status == after


def test_all_pages_are_chosen_by_what_the_list_shows_not_by_ids(
    editor: Client, draft: Make, author: User, django_capture_on_commit_callbacks: Any
) -> None:
    other = User.objects.create_user("rosa")
    articles = [draft(f"Number {number}") for number in range(3)]
    draft("Another")
    draft("Number of another", author=other)
    query = f"?q=number&author__id__exact={author.pk}&status__exact=draft"

    with django_capture_on_commit_callbacks(execute=True):
        act(editor, "publish", articles[0], query=query, select_across="1")
        late = draft("Number late")

    parameters = BulkJob.objects.get().parameters
    assert "ids" not in parameters
    assert parameters["filters"] == {"author_id": [str(author.pk)], "status": ["draft"]}
    assert Article.objects.published().count() == 3
    assert not Article.objects.get(pk=late.pk).is_public


def test_a_filter_that_a_job_cant_repeat_is_refused(editor: Client, draft: Make) -> None:
    article = draft()

    chosen = {"action": "publish", "_selected_action": [article.pk], "select_across": "1"}
    page = editor.post(f"{LIST}?words__gt=1", chosen, follow=True)

    assert not BulkJob.objects.exists()
    assert not Article.objects.published().exists()
    assert page.status_code == 200


def test_nothing_ticked_starts_nothing(editor: Client, draft: Make) -> None:
    draft()
    act(editor, "publish")

    assert not BulkJob.objects.exists()


def test_who_may_not_publish_is_not_offered_it(author: User, draft: Make) -> None:
    author.is_staff = True
    author.save()
    author.groups.add(Group.objects.get(name="Writers"))
    article = draft()
    client = Client()
    client.force_login(author)

    page = client.get(LIST).content.decode()
    act(client, "publish", article)

    assert 'value="publish"' not in page
    assert 'value="export_csv"' in page
    assert not BulkJob.objects.exists()
