"""The past of an article: the list, the comparison, bringing back, naming."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.enums import RevisionKind
from articles.models import Article, Category, Revision
from articles.selectors import revisions as selectors
from articles.services.articles import article_save
from articles.services.publishing import article_archive, article_return, article_submit

Make = Callable[..., Article]


@pytest.fixture
def save(author: User) -> Callable[..., Article]:
    """Save an article with some fields changed."""

    def change(article: Article, kind: RevisionKind = RevisionKind.SAVE, **fields: Any) -> Article:
        content = replace(article.working(), **fields)
        return article_save(article_id=article.pk, content=content, version=article.version, actor=author, kind=kind)

    return change


def of(article: Article, page: str = "revisions/") -> str:
    return f"/studio/articles/{article.pk}/{page}"


def revision(article: Article, version: int) -> Revision:
    return Revision.objects.get(article=article, version=version)


def test_revisions_are_listed_newest_first_with_the_words_gained(writer: Client, draft: Make, save: Make) -> None:
    article = save(draft(body="one two"), body="one two three four five")
    groups = writer.get(of(article)).context["groups"]
    assert [(entry.row.version, entry.gain) for group in groups for entry in group] == [(2, 3), (1, 2)]


def test_autosaves_that_follow_each_other_are_one_line(writer: Client, draft: Make, save: Make) -> None:
    article = draft()
    for number in range(4):
        article = save(article, RevisionKind.AUTOSAVE, body=f"Words {number}.")
    article = save(article, body="The end.")
    response = writer.get(of(article))
    assert [len(group) for group in response.context["groups"]] == [1, 4, 1]
    assert b"4 autosaves" in response.content


def test_the_history_tells_the_steps_and_the_notes(
    writer: Client, author: User, reviewer_account: User, draft: Make
) -> None:
    article = article_submit(article_id=draft().pk, actor=author)
    article_return(article_id=article.pk, actor=reviewer_account, note="The <price> needs a source.")
    page = writer.get(of(article)).content.decode()
    assert "Submitted for review" in page
    assert "The &lt;price&gt; needs a source." in page
    assert "Bento Reis" in page


def test_a_list_of_any_length_takes_six_queries_and_loads_no_text(writer: Client, draft: Make, save: Make) -> None:
    article = draft()
    for number in range(12):
        article = save(article, body=f"Words {number}.")
    with CaptureQueriesContext(connection) as queries:
        writer.get(of(article))
    # the account, its rights twice, the article, the revisions, the history
    assert len(queries) == 6
    assert not any('"content"' in query["sql"] for query in queries if "articles_revision" in query["sql"])


def test_older_revisions_are_on_the_next_page(
    writer: Client, draft: Make, save: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PAGE_REVISIONS", 2)
    article = draft()
    for number in range(2):
        article = save(article, body=f"Words {number}.")
    first = writer.get(of(article)).context
    assert first["older"] == 2
    older = writer.get(of(article) + "?before=2").context
    assert [group[0].row.version for group in older["groups"]] == [1]


def test_two_revisions_are_compared_word_by_word(writer: Client, draft: Make, save: Make) -> None:
    article = save(draft(body="The rain falls on the town."), body="The snow falls on the town.")
    page = writer.get(of(article, f"diff/?from={revision(article, 1).pk}&to={revision(article, 2).pk}"))
    assert b"<del>rain</del><wbr><ins>snow</ins>" in page.content
    assert b"Clarice Lima" in page.content


def test_the_fields_are_compared_too(writer: Client, draft: Make, save: Make) -> None:
    essays = Category.objects.create(name="Essays", slug="essays")
    article = draft(tags=("sky", "blue"))
    article = save(article, title="A loud morning", tags=("sky", "red"), category_id=essays.pk, language="pt-br")
    comparison = writer.get(of(article, "diff/")).context["comparison"]
    found = {str(field.label): [(run.kind.value, run.text) for run in field.runs] for field in comparison.fields}
    assert ("added", "loud") in found["Title"]
    assert found["Tags"] == [("removed", "blue"), ("added", "red"), ("same", "sky")]
    assert found["Category"] == [("added", "Essays")]
    assert found["Language"] == [("removed", "English"), ("added", "Português (Brasil)")]


def test_without_a_choice_the_last_save_is_compared_with_the_one_before(
    writer: Client, draft: Make, save: Make
) -> None:
    article = save(save(draft(body="one"), body="two"), body="three")
    context = writer.get(of(article, "diff/")).context
    assert (context["before"].content.body, context["after"].content.body) == ("two", "three")


def test_of_a_published_article_the_live_text_is_compared_with_what_is_written(
    writer: Client, published: Make, save: Make
) -> None:
    article = save(published(), body="Other words.")
    context = writer.get(of(article, "diff/")).context
    assert (context["before"].content.body, context["after"].content.body) == ("Words.", "Other words.")
    assert b"What readers see" in writer.get(of(article, "diff/")).content


def test_an_article_saved_once_has_nothing_to_compare(writer: Client, draft: Make) -> None:
    article = draft()
    assert b"There is nothing to compare yet" in writer.get(of(article, "diff/")).content
    only = revision(article, 1).pk
    assert b"There is nothing to compare yet" in writer.get(of(article, f"diff/?to={only}")).content
    assert b"Nothing differs" in writer.get(of(article, f"diff/?from={only}&to=now")).content


@pytest.mark.parametrize("key", ["0", "-1", "soon", "9" * 30, "²", "%00", "1'--"])
def test_a_state_there_is_not_is_not_found(writer: Client, draft: Make, key: str) -> None:
    article = draft()
    assert writer.get(of(article, f"diff/?from={key}")).status_code == 404
    assert writer.get(of(article, f"diff/?to={key}")).status_code == 404


def test_a_revision_of_another_article_is_not_found(writer: Client, draft: Make) -> None:
    article, other = draft("One"), draft("Two")
    foreign = revision(other, 1)
    assert writer.get(of(article, f"diff/?to={foreign.pk}")).status_code == 404
    assert writer.post(of(article, f"revisions/{foreign.pk}/restore/"), {"version": 1}).status_code == 404
    assert writer.post(of(article, f"revisions/{foreign.pk}/rename/"), {"name": "Mine"}).status_code == 404


def test_markup_in_a_text_is_shown_and_never_followed(writer: Client, draft: Make, save: Make) -> None:
    article = save(draft(body="<script>alert(1)</script>"), body="<script>alert(2)</script>")
    page = writer.get(of(article, "diff/")).content
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;" in page


def test_a_revision_is_brought_back_as_a_new_version(writer: Client, draft: Make, save: Make) -> None:
    article = save(draft(body="First."), body="Second.")
    response = writer.post(of(article, f"revisions/{revision(article, 1).pk}/restore/"), {"version": 2})
    assert response["Location"] == of(article, "")
    assert Article.objects.get(pk=article.pk).body == "First."
    assert revision(article, 3).kind == RevisionKind.RESTORE


def test_bringing_back_does_not_change_what_readers_see(writer: Client, published: Make, save: Make) -> None:
    article = save(published(body="First."), body="Second.")
    first = Revision.objects.filter(article=article).earliest("version")
    writer.post(of(article, f"revisions/{first.pk}/restore/"), {"version": article.version, "next": "/studio/"})
    assert Article.objects.get(pk=article.pk).body == "First."
    page = writer.get("/studio/")
    assert b"What was written before is kept as a revision too." in page.content
    assert b">Undo<" in page.content


def test_a_stale_restore_changes_nothing_and_says_so(writer: Client, draft: Make, save: Make) -> None:
    article = save(draft(body="First."), body="Second.")
    address = of(article, f"revisions/{revision(article, 1).pk}/restore/")
    page = writer.post(address, {"version": 1}, follow=True)
    assert b"Somebody saved this article since you opened the page" in page.content
    assert Article.objects.get(pk=article.pk).body == "Second."


@pytest.mark.parametrize("version", ["", "one", "-1", "²"])
def test_a_restore_needs_the_version_it_was_asked_at(writer: Client, draft: Make, version: str) -> None:
    article = draft()
    address = of(article, f"revisions/{revision(article, 1).pk}/restore/")
    assert writer.post(address, {"version": version}).status_code == 404


def test_an_archived_article_is_not_restored_to_a_revision(writer: Client, draft: Make, reviewer_account: User) -> None:
    article = article_archive(article_id=draft().pk, actor=reviewer_account)
    address = of(article, f"revisions/{revision(article, 1).pk}/restore/")
    page = writer.post(address, {"version": article.version}, follow=True)
    assert b"Restore it from the archive first." in page.content


def test_a_revision_is_named_and_loses_its_name(writer: Client, draft: Make) -> None:
    article = draft()
    address = of(article, f"revisions/{revision(article, 1).pk}/rename/")
    page = writer.post(address, {"name": " First <draft> "}, follow=True).content.decode()
    assert "First &lt;draft&gt;" in page
    assert revision(article, 1).name == "First <draft>"
    writer.post(address, {"name": ""})
    assert revision(article, 1).name == ""


@pytest.mark.parametrize("name", ["x" * 81, "a\x00b"])
def test_a_name_that_can_not_be_kept_is_refused(writer: Client, draft: Make, name: str) -> None:
    article = draft()
    page = writer.post(of(article, f"revisions/{revision(article, 1).pk}/rename/"), {"name": name}, follow=True)
    assert b"Nothing was changed." in page.content
    assert revision(article, 1).name == ""


def test_who_may_only_read_can_not_restore_or_rename(client: Client, draft: Make) -> None:
    from django.contrib.auth.models import Group

    reader = User.objects.create_user("lia", password="a long password")
    reader.groups.add(Group.objects.get(name="Writers"))
    client.force_login(reader)
    article = draft()
    address = of(article, f"revisions/{revision(article, 1).pk}/")
    assert b"You may not change this article" in client.post(f"{address}rename/", {"name": "x"}, follow=True).content
    assert b"You may not change this article" in client.post(f"{address}restore/", {"version": 1}, follow=True).content
    assert b"Restore" not in client.get(of(article)).content
