"""Two writers save one article: the second is shown both versions, and nothing either wrote is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.content import Content
from articles.enums import Action, RevisionKind
from articles.limits import MAX_BODY_CHARS
from articles.models import Article, AuditEntry, Revision
from articles.services.articles import article_save
from articles.services.publishing import article_publish, changes_discard
from articles.studio.forms import form_data

BODY = "Start.\n\nMiddle.\n\nEnd."


@dataclass
class Writing:
    """One article that two have open: mine in the browser, theirs saved by a service."""

    article: Article
    mine: Client
    other: User

    def save_theirs(self, **changes: Any) -> Article:
        """Save what the other one changed."""
        current = Article.objects.get(pk=self.article.pk)
        content = replace(current.working(), **changes)
        return article_save(article_id=current.pk, content=content, version=current.version, actor=self.other)

    def form(self, **changes: Any) -> dict[str, Any]:
        """Return what my editor's form posts: what I changed of what I opened."""
        return {**form_data(self.article.content()), "excerpt": "", "version": self.article.version, **changes}

    def save_mine(self, **changes: Any) -> Any:
        """Post my editor's form."""
        return self.mine.post(f"/studio/articles/{self.article.pk}/save/", self.form(**changes))

    def decide(self, page: Any, **fields: Any) -> Any:
        """Post the merge page's own form back with what was chosen."""
        return self.mine.post(f"/studio/articles/{self.article.pk}/conflict/", {**posted(page), **fields})

    @property
    def now(self) -> Content:
        """What is saved."""
        return Article.objects.get(pk=self.article.pk).working()


def posted(page: Any) -> dict[str, str]:
    """Return the fields of the merge page as a browser without scripts posts them."""
    form = re.search(r"<form class=\"merge\".*?</form>", page.text, re.DOTALL)
    assert form
    found = {unescape(n): unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[0])}
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form[0], re.DOTALL):
        found[name] = unescape(text).replace("\n", "\r\n")
    radios = re.findall(r'type="radio" name="([^"]+)" value="([^"]+)" checked', form[0])
    return {**found, **dict(radios)}


@pytest.fixture
def writing(draft: Callable[..., Article], author: User) -> Writing:
    """An article I have open and somebody else may save."""
    client = Client()
    client.force_login(author)
    other = User.objects.create_superuser("ana", first_name="Ana", last_name="Souza")
    return Writing(draft("A clear day", body=BODY, tags=("sky",)), client, other)


def test_a_stale_form_gets_both_versions_and_saves_nothing(writing: Writing) -> None:
    writing.save_theirs(body=BODY.replace("Middle", "Her middle"))
    page = writing.save_mine(body=BODY.replace("Middle", "My middle"))
    assert page.status_code == 409
    assert "Ana Souza saved version 2" in page.text
    assert "<ins>My middle.</ins>" in page.text
    assert "<ins>Her middle.</ins>" in page.text
    assert writing.now.body == BODY.replace("Middle", "Her middle")


def test_changes_in_different_places_fit_together_and_one_button_saves_them(writing: Writing) -> None:
    writing.save_theirs(body=BODY.replace("End", "Her end"), seo_title="Found")
    page = writing.save_mine(body=BODY.replace("Start", "My start"), tags="sky, sea")
    assert page.context["places"] == []
    answer = writing.decide(page, do="save")
    assert answer["Location"] == f"/studio/articles/{writing.article.pk}/?saved=merge"
    merged = writing.now
    assert merged.body == "My start.\n\nMiddle.\n\nHer end."
    assert (merged.seo_title, set(merged.tags)) == ("Found", {"sky", "sea"})
    newest = Revision.objects.order_by("-version").first()
    assert newest is not None
    assert (newest.kind, newest.version) == (RevisionKind.MERGE, 3)
    assert AuditEntry.objects.filter(action=Action.MERGE, version=3).count() == 1


@pytest.mark.parametrize(
    ("choice", "middle"),
    [("mine", "My middle."), ("theirs", "Her middle."), ("both", "Her middle.\n\nMy middle.")],
)
def test_each_choice_is_kept_without_scripts(writing: Writing, choice: str, middle: str) -> None:
    writing.save_theirs(body=BODY.replace("Middle", "Her middle"))
    page = writing.save_mine(body=BODY.replace("Middle", "My middle"))
    assert writing.decide(page, **{"do": "save", "choice-0": choice}).status_code == 302
    assert writing.now.body == BODY.replace("Middle.", middle)


def test_a_place_without_a_choice_is_asked_about_again(writing: Writing) -> None:
    writing.save_theirs(title="Her day", body=BODY.replace("Middle", "Her middle"))
    page = writing.save_mine(title="My day", body=BODY.replace("Middle", "My middle"))
    again = writing.decide(page, **{"do": "save", "choice-1": "theirs"})
    assert again.status_code == 422
    assert [bool(place.errors) for place in again.context["places"]] == [True, False]
    assert writing.now.title == "Her day"
    writing.decide(again, **{"do": "save", "choice-0": "mine"})
    assert (writing.now.title, writing.now.body) == ("My day", BODY.replace("Middle", "Her middle"))


def test_choices_can_be_looked_at_before_they_are_saved(writing: Writing) -> None:
    writing.save_theirs(body=BODY.replace("Middle", "Her middle"))
    page = writing.save_mine(body=BODY.replace("Middle", "My middle"))
    shown = writing.decide(page, **{"do": "apply", "choice-0": "theirs"})
    assert shown.context["body"] == BODY.replace("Middle", "Her middle")
    assert writing.decide(shown, **{"do": "save", "choice-0": "mine"}).status_code == 302
    assert writing.now.body == BODY.replace("Middle", "My middle")


def test_a_text_corrected_by_hand_is_saved_as_corrected(writing: Writing) -> None:
    writing.save_theirs(body=BODY.replace("Middle", "Her middle"))
    page = writing.save_mine(body=BODY.replace("Middle", "My middle"))
    writing.decide(page, do="save", body="All anew.\r\n\r\nBy hand.")
    assert writing.now.body == "All anew.\n\nBy hand."


def test_when_it_was_saved_once_more_the_merge_goes_on_from_what_was_decided(writing: Writing) -> None:
    writing.save_theirs(body=BODY.replace("Middle", "Her middle"))
    page = writing.save_mine(body=BODY.replace("Middle", "My middle"))
    writing.save_theirs(body=BODY.replace("Middle", "Her middle").replace("Start", "Her late start"))
    again = writing.decide(page, **{"do": "save", "choice-0": "both"})
    assert again.status_code == 409
    assert again.context["places"] == []
    assert writing.decide(again, do="save").status_code == 302
    assert writing.now.body == "Her late start.\n\nHer middle.\n\nMy middle.\n\nEnd."


def test_the_editor_sends_its_text_to_the_comparison(writing: Writing) -> None:
    writing.save_theirs(body=BODY.replace("Middle", "Her middle"))
    page = writing.mine.post(
        f"/studio/articles/{writing.article.pk}/conflict/", writing.form(body="Mine alone.", do="compare")
    )
    assert page.status_code == 409
    assert "Mine alone." in page.text


def test_even_a_text_that_is_not_valid_is_kept_in_the_comparison(writing: Writing) -> None:
    writing.save_theirs(body="Hers.")
    page = writing.mine.post(
        f"/studio/articles/{writing.article.pk}/conflict/",
        writing.form(title="", body="Mine.", language="xx", version="soon", do="compare"),
    )
    assert page.status_code == 409
    assert "Mine." in page.text


def test_what_the_service_refuses_is_said_with_its_field(writing: Writing) -> None:
    writing.save_theirs(title="Her day")
    page = writing.save_mine(seo_title="s" * 121, body=BODY.replace("End", "My end"))
    refused = writing.decide(page, do="save")
    assert refused.status_code == 422
    assert refused.context["problems"][0].startswith("Search title: ")
    assert "My end." in refused.text


def test_dropped_changes_are_not_taken_for_the_text_i_started_from(writing: Writing, author: User) -> None:
    article = article_publish(article_id=writing.article.pk, actor=None)
    writing.article = article
    article = writing.save_theirs(body="Rewritten.")
    changes_discard(article_id=article.pk, actor=writing.other)
    writing.article = Article.objects.get(pk=article.pk)
    writing.save_theirs(body=BODY.replace("End", "Her end"))
    page = writing.save_mine(body=BODY.replace("Start", "My start"))
    assert page.context["places"] == []
    assert page.context["body"] == "My start.\n\nMiddle.\n\nHer end."


def test_a_get_leads_to_the_editor(writing: Writing) -> None:
    answer = writing.mine.get(f"/studio/articles/{writing.article.pk}/conflict/")
    assert answer["Location"] == f"/studio/articles/{writing.article.pk}/"


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"do": "save"}, {"do": "apply", "version": "1", "choice-99999999999": "mine"},
        {"do": "save", "version": "x", "base_version": "-1", "applied": "a,b,c", "choice-0": "maybe"},
        {"do": "save", "version": "1", "mine-category": "77", "mine-title": "\x00", "mine-body": "Mine."},
    ],
)  # fmt: skip
def test_a_malformed_post_is_answered_with_a_page_and_saves_nothing(writing: Writing, fields: dict[str, str]) -> None:
    page = writing.mine.post(f"/studio/articles/{writing.article.pk}/conflict/", fields)
    assert page.status_code in (409, 422)
    assert writing.now.body == BODY


def test_who_may_not_edit_gets_no_comparison(writing: Writing, client: Client) -> None:
    url = f"/studio/articles/{writing.article.pk}/conflict/"
    assert client.post(url, {"do": "compare"}).status_code == 302
    client.force_login(User.objects.create_user("eve"))
    assert client.post(url, {"do": "compare"}).status_code == 403


def test_the_largest_texts_are_compared(writing: Writing) -> None:
    large = "".join(f"Line {number % 97} of the text.\n" for number in range(20_000))[: MAX_BODY_CHARS - 10]
    writing.save_theirs(body=large)
    page = writing.save_mine(body=f"Mine.\n{large[::-1]}"[:MAX_BODY_CHARS])
    assert page.status_code == 409
    assert writing.decide(page, **{"do": "save", "choice-0": "mine"}).status_code == 302


def test_tags_and_markup_of_a_hostile_text_stay_text(writing: Writing) -> None:
    evil = "</textarea><script>alert(1)</script>"
    writing.save_theirs(body=BODY.replace("Middle", evil))
    page = writing.save_mine(body=BODY.replace("Middle", f"My {evil}"), title="</script><img src=x onerror=alert(1)>")
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
