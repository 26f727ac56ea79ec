"""PATCH /api/articles/{id}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.models import Article, Category
from articles.services.publishing import article_archive
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, Program, refused

Make = Callable[..., Article]


def tag(program: Program, article: Article) -> str:
    """The ETag of the article as it is being written."""
    return str(program.get(f"/api/articles/{article.pk}?draft=true").headers["ETag"])


def test_what_is_sent_is_changed_and_the_rest_stays(author: User, draft: Make, program: MakeProgram) -> None:
    lamps = Category.objects.create(name="Lamps", slug="lamps")
    article, writer = draft("On lamps", tags=("light",), category_id=lamps.pk), program(author)

    answer = writer.patch(
        f"/api/articles/{article.pk}", {"content": "They glow.", "category": None}, If_Match=tag(writer, article)
    )

    body = answer.json()
    assert answer.status_code == 200
    assert (body["title"], body["content"], body["tags"], body["category"]) == (
        "On lamps",
        "They glow.",
        ["light"],
        None,
    )
    assert body["version"] == 2
    assert answer.headers["ETag"] == tag(writer, article)


def test_readers_see_a_change_of_a_published_article_once_it_is_published_again(
    client: Client, chief: User, published: Make, program: MakeProgram
) -> None:
    article, editor = published("On lamps"), program(chief)
    address = f"/api/articles/{article.pk}"

    changed = editor.patch(address, {"title": "On candles"}, If_Match=tag(editor, article))

    assert (changed.json()["title"], changed.json()["has_changes"]) == ("On candles", True)
    assert client.get(address).json()["title"] == "On lamps"
    assert editor.post(f"{address}/publish").status_code == 200
    assert client.get(address).json()["title"] == "On candles"


def test_a_change_without_the_tag_of_what_was_read_is_refused(author: User, draft: Make, program: MakeProgram) -> None:
    article, writer = draft("On lamps"), program(author)

    for sent in ({}, {"If_Match": "*"}, {"If_Match": ""}, {"If_Match": "v1"}):
        answer = writer.patch(f"/api/articles/{article.pk}", {"title": "Mine"}, **sent)
        assert refused(answer, 428) == []
        assert "ETag" in answer.json()["detail"]
    assert Article.objects.get().title == "On lamps"


def test_a_stale_change_is_refused_with_what_is_there_now(
    author: User, chief: User, draft: Make, program: MakeProgram
) -> None:
    article, writer, editor = draft("On lamps"), program(author), program(chief)
    address = f"/api/articles/{article.pk}"
    read = tag(writer, article)
    assert editor.patch(address, {"title": "Theirs"}, If_Match=tag(editor, article)).status_code == 200

    answer = writer.patch(address, {"title": "Mine"}, If_Match=read)

    assert refused(answer, 412) == []
    assert (answer.json()["current_version"], answer.json()["current"]) == (2, f"{address}?draft=true")
    assert answer.headers["ETag"] == tag(writer, article)
    assert Article.objects.get().title == "Theirs"
    assert writer.patch(address, {"title": "Both"}, If_Match=answer.headers["ETag"]).status_code == 200


def test_what_readers_see_is_enough_to_change_an_article_that_has_no_changes_behind_it(
    client: Client, chief: User, published: Make, program: MakeProgram
) -> None:
    article, editor = published("On lamps"), program(chief)
    address = f"/api/articles/{article.pk}"
    live = client.get(address).headers["ETag"]

    assert editor.patch(address, {"title": "One"}, If_Match=live).status_code == 200
    assert editor.patch(address, {"title": "Two"}, If_Match=live).status_code == 412


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"content": "\x00"}, "content"),
        ({"slug": "taken"}, "slug"),
        ({"tags": None}, "tags"),
        ({"origin": ""}, "origin"),
        ({"version": 1}, "version"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(
    author: User, draft: Make, program: MakeProgram, change: dict[str, Any], field: str
) -> None:
    draft("Taken")
    article, writer = draft("On lamps"), program(author)

    assert refused(writer.patch(f"/api/articles/{article.pk}", change, If_Match=tag(writer, article))) == [field]
    assert Article.objects.get(pk=article.pk).version == 1


def test_what_may_not_be_changed_is_refused_and_what_may_not_be_seen_is_not_there(
    author: User, chief: User, draft: Make, published: Make, program: MakeProgram
) -> None:
    secret, public = draft("Secret", author=chief), published("Public", author=chief)
    writer, reader = program(author), program(chief, Scope.READ)

    assert writer.patch(f"/api/articles/{secret.pk}", {"title": "Mine"}, If_Match='"x"').status_code == 404
    assert reader.patch(f"/api/articles/{secret.pk}", {"title": "Mine"}, If_Match='"x"').status_code == 403
    live = writer.get(f"/api/articles/{public.pk}").headers["ETag"]
    assert refused(writer.patch(f"/api/articles/{public.pk}", {"title": "Mine"}, If_Match=live), 403) == []
    assert writer.patch(f"/api/articles/{9**30}", {"title": "Mine"}, If_Match='"x"').status_code == 404


def test_an_archived_article_is_not_changed(chief: User, draft: Make, program: MakeProgram) -> None:
    article, editor = draft("On lamps"), program(chief)
    article_archive(article_id=article.pk, actor=chief)

    answer = editor.patch(f"/api/articles/{article.pk}", {"title": "Late"}, If_Match=tag(editor, article))

    assert refused(answer, 409) == []
    assert answer.json()["status_now"] == "archived"


def test_nobody_learns_of_a_draft_by_asking_to_change_it(
    chief: User, author: User, draft: Make, published: Make, program: MakeProgram
) -> None:
    """A 412 tells the tag and version of the changes behind a published article only to who may edit it."""
    article = published("Public", author=chief)
    answer = program(author).patch(f"/api/articles/{article.pk}", {"title": "Mine"}, If_Match='"guess"')

    assert answer.status_code == 403
