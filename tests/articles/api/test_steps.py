"""POST /api/articles/{id}/{step} and GET /api/articles/{id}/revisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from articles.api.steps import BARE_STEPS
from articles.models import Article, AuditEntry
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, Program, refused

Make = Callable[..., Article]


def step(program: Program, article: Article, name: str, body: object = None, **headers: str) -> tuple[int, str]:
    """Take a step; the answer's status, and the article's."""
    answer = program.post(f"/api/articles/{article.pk}/{name}", body, **headers)
    return answer.status_code, Article.objects.get(pk=article.pk).status


def test_an_article_goes_its_way_to_the_readers_and_back(
    client: Client, author: User, chief: User, draft: Make, program: MakeProgram
) -> None:
    article, writer, editor = draft("On lamps"), program(author), program(chief)
    later = (timezone.now() + timedelta(days=1)).isoformat()

    assert step(writer, article, "submit") == (200, "review")
    assert step(writer, article, "withdraw") == (200, "draft")
    assert step(writer, article, "submit") == (200, "review")
    assert step(editor, article, "return", {"note": "Name the source."}) == (200, "draft")
    assert step(writer, article, "submit") == (200, "review")
    assert step(editor, article, "approve") == (200, "review")
    assert step(writer, article, "schedule", {"publish_at": later}) == (200, "scheduled")
    assert step(writer, article, "unschedule") == (200, "draft")
    assert step(editor, article, "publish") == (200, "published")
    assert client.get(f"/api/articles/{article.pk}").status_code == 200
    assert step(editor, article, "unpublish") == (200, "draft")
    assert step(editor, article, "archive") == (200, "archived")
    assert step(editor, article, "restore") == (200, "draft")
    assert AuditEntry.objects.filter(article=article).count() == 13
    assert AuditEntry.objects.get(action="return").note == "Name the source."


def test_changes_behind_a_published_article_can_be_dropped(chief: User, published: Make, program: MakeProgram) -> None:
    article, editor = published("On lamps"), program(chief)
    read = editor.get(f"/api/articles/{article.pk}?draft=true").headers["ETag"]
    editor.patch(f"/api/articles/{article.pk}", {"title": "Worse"}, If_Match=read)

    answer = editor.post(f"/api/articles/{article.pk}/discard")

    assert (answer.json()["title"], answer.json()["has_changes"]) == ("On lamps", False)


def test_a_step_that_is_not_open_is_refused_with_where_the_article_is(
    chief: User, draft: Make, program: MakeProgram
) -> None:
    article = draft("On lamps")

    answer = program(chief).post(f"/api/articles/{article.pk}/unpublish")

    assert refused(answer, 409) == []
    assert answer.json()["status_now"] == "draft"


def test_a_step_needs_the_scope_and_the_right_towards_this_article(
    author: User, chief: User, draft: Make, program: MakeProgram
) -> None:
    article = draft("On lamps")

    assert step(program(chief, Scope.READ, Scope.WRITE), article, "publish") == (403, "draft")
    assert step(program(author), article, "publish") == (403, "draft")
    assert step(program(author), draft("Theirs", author=chief), "submit") == (404, "draft")
    step(program(author), article, "submit")
    assert step(program(author), article, "approve") == (403, "review")


def test_a_step_on_what_was_read_is_refused_once_somebody_changed_it(
    author: User, chief: User, draft: Make, program: MakeProgram
) -> None:
    article, editor = draft("On lamps"), program(chief)
    address = f"/api/articles/{article.pk}?draft=true"
    read = editor.get(address).headers["ETag"]
    mine = program(author).get(address).headers["ETag"]
    program(author).patch(f"/api/articles/{article.pk}", {"content": "Other words."}, If_Match=mine)

    assert step(editor, article, "publish", If_Match=read) == (412, "draft")
    assert step(editor, article, "publish", If_Match=editor.get(address).headers["ETag"]) == (200, "published")


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("return", {}, "note"),
        ("return", {"note": "  "}, "note"),
        ("return", {"note": "x" * 501}, "note"),
        ("return", None, ""),
        ("approve", {"note": "x" * 501}, "note"),
        ("approve", {"vote": 1}, "vote"),
        ("schedule", {}, "publish_at"),
        ("schedule", {"publish_at": "tomorrow"}, "publish_at"),
        ("schedule", {"publish_at": "2030-01-01T09:00:00"}, "publish_at"),
        ("schedule", {"publish_at": "2020-01-01T09:00:00Z"}, "publish_at"),
        ("schedule", {"publish_at": "9999-12-31T23:59:59-23:59"}, "publish_at"),
        ("schedule", {"publish_at": "2030-01-01T09:00:00Z", "unpublish_at": "2029-01-01T09:00:00Z"}, "unpublish_at"),
        ("publish", {"publish_at": "2030-01-01T09:00:00Z"}, ""),
    ],
)
def test_a_bad_step_is_refused_by_the_name_of_its_field(
    author: User, chief: User, draft: Make, program: MakeProgram, name: str, body: object, field: str
) -> None:
    article = draft("On lamps")
    step(program(author), article, "submit")

    assert refused(program(chief).post(f"/api/articles/{article.pk}/{name}", body)) == [field]
    assert Article.objects.get().status == "review"


def test_a_blank_article_does_not_go_out(chief: User, draft: Make, program: MakeProgram) -> None:
    article = draft("On lamps", body="")

    assert refused(program(chief).post(f"/api/articles/{article.pk}/publish")) == ["content"]


@pytest.mark.parametrize("name", [action.value for action, *_ in BARE_STEPS])
def test_no_step_is_taken_with_an_article_that_is_not_there(chief: User, program: MakeProgram, name: str) -> None:
    assert refused(program(chief).post(f"/api/articles/404/{name}"), 404) == []


def test_revisions_are_listed_newest_first_by_cursor_to_who_may_see_drafts(
    client: Client, author: User, chief: User, draft: Make, program: MakeProgram
) -> None:
    article, writer = draft("On lamps"), program(author)
    for number in range(4):
        read = writer.get(f"/api/articles/{article.pk}?draft=true").headers["ETag"]
        writer.patch(f"/api/articles/{article.pk}", {"content": f"{number} words here"}, If_Match=read)
    address = f"/api/articles/{article.pk}/revisions"

    first = program(chief).get(f"{address}?limit=3").json()
    second = program(chief).get(f"{address}?limit=3&cursor={first['next_cursor']}").json()

    assert [item["version"] for item in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
    assert second["next_cursor"] is None
    assert (first["items"][0]["by"], first["items"][0]["words"], first["items"][0]["kind"]) == (
        "Clarice Lima",
        3,
        "save",
    )
    assert client.get(address).status_code == 401
    assert program(chief, Scope.WRITE).get(address).status_code == 403
    assert program(User.objects.create_user("reader")).get(address).status_code == 404
    for cursor in ("x", "-1", "9" * 20, "²"):
        assert refused(program(chief).get(f"{address}?cursor={cursor}")) == ["cursor"]
