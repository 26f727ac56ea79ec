"""The steps by their buttons: what is done, said, refused and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from articles.enums import Action, Status
from articles.models import Article, AuditEntry
from articles.services.articles import article_save
from articles.services.publishing import article_approve, article_submit
from tests.articles.conftest import START

Make = Callable[..., Article]


def take(client: Client, article: Article, action: str, **fields: Any) -> HttpResponse:
    wanted = {"action": action, "version": article.version} | fields
    return client.post(f"/studio/articles/{article.pk}/step/", wanted)  # type: ignore[return-value]


def status(article: Article) -> str:
    return Article.objects.values_list("status", flat=True).get(pk=article.pk)


def said(client: Client) -> str:
    return client.get("/studio/").content.decode()


def take_back(client: Client) -> HttpResponse:
    """Press the button of the last message."""
    page = client.get("/studio/")
    (message,) = page.context["messages"]
    from articles.studio.undo import undo_of

    way = undo_of(message)
    assert way is not None
    assert way.label in page.content.decode()
    return client.post(way.url, {**way.fields, "next": "/studio/"})  # type: ignore[return-value]


def test_a_step_is_taken_and_told_of(writer: Client, draft: Make) -> None:
    article = draft()
    response = take(writer, article, "submit")
    assert (response.status_code, response["Location"]) == (302, f"/studio/articles/{article.pk}/")
    assert status(article) == Status.REVIEW
    assert "“A quiet morning” waits for review." in said(writer)


def test_a_step_leads_back_to_the_page_it_was_asked_on(writer: Client, draft: Make) -> None:
    assert take(writer, draft(), "submit", next="/studio/?status=draft")["Location"] == "/studio/?status=draft"


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_a_step_leads_to_no_other_site(writer: Client, draft: Make, page: str) -> None:
    article = draft()
    assert take(writer, article, "submit", next=page)["Location"] == f"/studio/articles/{article.pk}/"


def test_a_text_goes_from_draft_to_the_readers_by_two_people(writer: Client, reviewer: Client, draft: Make) -> None:
    article = draft()
    take(writer, article, "submit")
    article.refresh_from_db()
    take(reviewer, article, "approve")
    article.refresh_from_db()
    take(writer, article, "publish")
    assert status(article) == Status.PUBLISHED


def test_a_return_needs_a_note_and_keeps_what_was_filled_in(reviewer: Client, author: User, draft: Make) -> None:
    article = article_submit(article_id=draft().pk, actor=author)
    response = take(reviewer, article, "return", note="   ")
    assert response.status_code == 422
    assert b"Say what should change" in response.content
    assert status(article) == Status.REVIEW
    assert take(reviewer, article, "return", note="The price needs a source.").status_code == 302
    assert AuditEntry.objects.get(action=Action.RETURN).note == "The price needs a source."


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b"])
def test_a_note_that_can_not_be_kept_is_refused(reviewer: Client, author: User, draft: Make, note: str) -> None:
    article = article_submit(article_id=draft().pk, actor=author)
    assert take(reviewer, article, "return", note=note).status_code == 422


def test_a_moment_is_read_in_the_zone_the_form_names(reviewer: Client, draft: Make) -> None:
    article = draft()
    with time_machine.travel(START, tick=False):
        take(reviewer, article, "schedule", publish_at="2026-03-10T09:30", zone="America/Sao_Paulo")
    article.refresh_from_db()
    assert article.publish_at == datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


def test_without_a_zone_a_moment_is_utc(reviewer: Client, draft: Make) -> None:
    article = draft()
    reviewer.cookies["studio_zone"] = "America/Sao_Paulo"  # what the form says counts, not the cookie
    with time_machine.travel(START, tick=False):
        take(reviewer, article, "schedule", publish_at="2026-03-10T09:30", unpublish_at="2026-03-11T09:30")
    article.refresh_from_db()
    assert article.publish_at == datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    assert article.unpublish_at == datetime(2026, 3, 11, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "Say when it is to be published."),
        ({"publish_at": "soon"}, "Enter a valid date/time."),
        ({"publish_at": "2026-02-30T10:00"}, "Enter a valid date/time."),
        ({"publish_at": "2026-02-01T10:00"}, "still to come"),
        ({"publish_at": "0001-01-01T00:00", "zone": "Pacific/Kiritimati"}, "still to come"),
        ({"publish_at": "9999-12-31T23:59"}, "within the next ten years"),
        ({"publish_at": "2026-03-10T10:00", "unpublish_at": "2026-03-09T10:00"}, "after the publication"),
        ({"publish_at": "2026-03-10T10:00", "zone": "Mars/Olympus"}, "does not know the time zone"),
        ({"publish_at": "2026-03-08T02:30", "zone": "America/New_York"}, "couldn’t be interpreted"),
    ],
)
def test_a_moment_that_is_none_is_refused_beside_its_field(
    reviewer: Client, draft: Make, fields: dict[str, str], error: str
) -> None:
    article = draft()
    with time_machine.travel(START, tick=False):
        response = take(reviewer, article, "schedule", **fields)
    assert response.status_code == 422
    assert error in response.content.decode()
    assert fields.get("publish_at", "") in response.content.decode()
    assert status(article) == Status.DRAFT


def test_a_stale_step_is_refused_with_a_way_on(reviewer: Client, author: User, draft: Make) -> None:
    article = draft()
    content = replace(article.working(), body="Other words.")
    article_save(article_id=article.pk, content=content, version=article.version, actor=author)
    response = take(reviewer, article, "publish")
    assert response.status_code == 409
    assert b"Somebody changed this article in the meantime" in response.content
    assert b"it is at version 2 now" in response.content
    assert b'name="version" value="2"' in response.content
    assert status(article) == Status.DRAFT


def test_a_step_that_is_not_open_any_more_is_refused(reviewer: Client, draft: Make) -> None:
    article = draft()
    response = take(reviewer, article, "restore")
    assert response.status_code == 409
    assert b"This step is not open any more" in response.content


def test_nobody_approves_a_text_of_their_own(reviewer: Client, reviewer_account: User, draft: Make) -> None:
    article = article_submit(article_id=draft(author=reviewer_account).pk, actor=reviewer_account)
    response = take(reviewer, article, "approve")
    assert response.status_code == 403
    assert b"You may not take this step" in response.content


def test_an_article_without_a_text_is_not_submitted(writer: Client, draft: Make) -> None:
    article = draft(body="")
    response = take(writer, article, "submit")
    assert response.status_code == 422
    assert b"not ready for this step" in response.content
    assert b"Must not be blank." in response.content


@pytest.mark.parametrize(
    "fields",
    [{}, {"action": "explode"}, {"action": "submit", "version": "one"}, {"action": "submit", "version": 0},
     {"action": "create"}, {"action": "submit", "version": 10**30}, {"action": "\x00"}],
)  # fmt: skip
def test_a_form_that_makes_no_sense_changes_nothing(writer: Client, draft: Make, fields: dict[str, Any]) -> None:
    article = draft()
    response = writer.post(f"/studio/articles/{article.pk}/step/", fields)
    assert response.status_code == 422
    assert status(article) == Status.DRAFT


def test_there_is_no_step_for_an_article_there_is_not(writer: Client) -> None:
    assert writer.post("/studio/articles/999/step/", {"action": "submit"}).status_code == 404


def test_an_article_of_another_can_not_be_seen_by_its_steps(
    writer: Client, draft: Make, reviewer_account: User
) -> None:
    article = draft(author=reviewer_account)
    assert take(writer, article, "submit").status_code == 404


def test_a_step_after_a_login_leads_to_the_article(writer: Client, draft: Make) -> None:
    article = draft()
    assert writer.get(f"/studio/articles/{article.pk}/step/")["Location"] == f"/studio/articles/{article.pk}/"


# Taking back


@pytest.mark.parametrize(
    ("made", "action", "then"),
    [("draft", "submit", Status.DRAFT), ("draft", "archive", Status.DRAFT), ("draft", "publish", Status.DRAFT),
     ("published", "unpublish", Status.PUBLISHED)],
)  # fmt: skip
def test_a_step_is_taken_back_by_its_message(
    reviewer: Client, request: pytest.FixtureRequest, made: str, action: str, then: Status
) -> None:
    article = request.getfixturevalue(made)()
    take(reviewer, article, action)
    assert status(article) != then
    assert take_back(reviewer).status_code == 302
    assert status(article) == then


def test_a_schedule_comes_back_with_its_moments(reviewer: Client, draft: Make) -> None:
    article = draft()
    moment = "2031-03-10T09:30"
    take(reviewer, article, "schedule", publish_at=moment, unpublish_at="2031-04-10T09:30")
    reviewer.get("/studio/")  # the message was read
    article.refresh_from_db()
    take(reviewer, article, "unschedule")
    take_back(reviewer)
    article.refresh_from_db()
    assert (article.status, article.publish_at) == (Status.SCHEDULED, datetime(2031, 3, 10, 9, 30, tzinfo=UTC))
    assert article.unpublish_at == datetime(2031, 4, 10, 9, 30, tzinfo=UTC)


def test_discarded_changes_come_back(writer: Client, author: User, published: Make) -> None:
    article = published()
    content = replace(article.working(), body="Changed words.")
    article = article_save(article_id=article.pk, content=content, version=article.version, actor=author)
    take(writer, article, "discard")
    assert Article.objects.get(pk=article.pk).pending is None
    take_back(writer)
    assert Article.objects.get(pk=article.pk).working().body == "Changed words."
    assert Article.objects.get(pk=article.pk).body == "Words."


def test_archiving_what_was_published_promises_a_draft_and_no_more(reviewer: Client, published: Make) -> None:
    article = published()
    take(reviewer, article, "archive")
    assert "Restore as a draft" in said(reviewer)


def test_unpublishing_with_changes_has_no_way_back(reviewer: Client, author: User, published: Make) -> None:
    article = published()
    content = replace(article.working(), body="Changed words.")
    article = article_save(article_id=article.pk, content=content, version=article.version, actor=author)
    take(reviewer, article, "unpublish")
    assert ">Undo<" not in said(reviewer)


def test_who_lent_a_right_from_an_approval_is_offered_no_way_that_needs_it(
    writer: Client, author: User, reviewer_account: User, draft: Make
) -> None:
    article = article_submit(article_id=draft().pk, actor=author)
    article = article_approve(article_id=article.pk, actor=reviewer_account)
    take(writer, article, "publish")
    assert ">Undo<" not in said(writer)  # which would be to unpublish


# The buttons


def test_only_open_steps_are_offered(writer: Client, reviewer: Client, author: User, draft: Make) -> None:
    article = article_submit(article_id=draft().pk, actor=author)
    address = f"/studio/articles/{article.pk}/diff/"
    own, others = writer.get(address).content.decode(), reviewer.get(address).content.decode()
    assert 'value="withdraw"' in own
    assert 'value="approve"' not in own
    assert 'value="approve"' in others
    assert 'name="note"' in others
    assert 'name="publish_at"' in others
