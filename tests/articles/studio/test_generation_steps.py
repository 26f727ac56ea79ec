"""What is done with a job: stop, keep, discard, go on, rate, write from its outline, write once more, choose."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.content import Content
from articles.models import Article, GenerationJob, ProviderCall
from articles.services.articles import article_create, article_save
from tests.articles.studio.generating import TITLES, call, job


def do(client: Client, job_id: int, step: str) -> str:
    answer = client.post(f"/studio/generate/{job_id}/step/", {"do": step}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_stopped_text_offers_to_be_kept_gone_on_with_or_discarded(writer: Client, author: User) -> None:
    waiting = job(author, status="queued")

    shown = do(writer, waiting.pk, "stop")

    waiting.refresh_from_db()
    assert waiting.status == "cancelled"
    for offer in ("Keep it as a draft", "Go on writing", "Discard"):
        assert offer in shown
    assert "data-stop" not in shown


def test_what_was_kept_is_one_draft_marked_as_written_by_ai_with_its_bill(writer: Client, author: User) -> None:
    stopped = job(author, status="cancelled")
    call(stopped)

    do(writer, stopped.pk, "keep")
    do(writer, stopped.pk, "keep")

    article = Article.objects.get()
    assert (article.status, article.origin, article.author) == ("draft", "ai", author)
    assert article.title == "How coffee is roasted"
    assert "Heat drives out **water** first." in article.body
    assert ProviderCall.objects.get().article == article
    shown = writer.get(f"/studio/generate/{stopped.pk}/").content.decode()
    assert f'href="/studio/articles/{article.pk}/" data-open-draft' in shown
    assert "Keep it as a draft" not in shown


def test_a_superuser_keeps_it_for_its_owner(editor: Client, author: User) -> None:
    do(editor, job(author, status="failed", error={"code": "timeout"}).pk, "keep")

    assert Article.objects.get().author == author


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"status": "cancelled", "text": ""}, "there is nothing to keep"),
        ({}, "still being written"),
        ({"status": "cancelled", "kind": "edit"}, "This is no article"),
    ],
)
def test_what_cant_be_kept_is_refused_with_a_reason(
    writer: Client, author: User, fields: dict[str, str], says: str
) -> None:
    assert says in do(writer, job(author, **fields).pk, "keep")
    assert not Article.objects.exists()


def test_a_discarded_text_is_gone_and_its_bill_stays(writer: Client, author: User) -> None:
    stopped = job(author, status="cancelled")
    call(stopped)

    shown = do(writer, stopped.pk, "discard")

    stopped.refresh_from_db()
    assert (stopped.text, stopped.state) == ("", {})
    assert "Heat drives out" not in shown
    assert "What was written was thrown away." in shown
    assert "Try again" in shown
    assert ProviderCall.objects.filter(job=stopped).exists()


def test_a_kept_text_cant_be_discarded(writer: Client, author: User) -> None:
    stopped = job(author, status="cancelled")
    do(writer, stopped.pk, "keep")

    assert "The text is a draft already" in do(writer, stopped.pk, "discard")
    assert GenerationJob.objects.get().text


def test_going_on_queues_the_same_job_with_its_checkpoint(writer: Client, author: User) -> None:
    failed = job(author, status="failed", error={"code": "timeout"})

    do(writer, failed.pk, "retry")

    failed.refresh_from_db()
    assert failed.status == "queued"
    assert failed.state["sections"][0]["title"] == TITLES[0]


def test_a_kept_text_is_not_gone_on_with_which_would_make_a_second_draft(writer: Client, author: User) -> None:
    stopped = job(author, status="cancelled")
    do(writer, stopped.pk, "keep")

    assert "a draft or finished already" in do(writer, stopped.pk, "retry")
    stopped.refresh_from_db()
    assert stopped.status == "cancelled"


def test_a_step_that_there_is_not_is_no_page(writer: Client, author: User) -> None:
    assert writer.post(f"/studio/generate/{job(author).pk}/step/", {"do": "publish"}).status_code == 404


def test_a_text_is_called_good_or_bad_with_a_note(writer: Client, author: User) -> None:
    written = job(author, status="succeeded")

    shown = writer.post(
        f"/studio/generate/{written.pk}/rate/", {"rating": "-1", "note": "It <b>rambles</b>."}, follow=True
    ).content.decode()

    written.refresh_from_db()
    assert (written.rating, written.rating_note) == (-1, "It <b>rambles</b>.")
    assert "You called it bad." in shown
    assert "<b>rambles" not in shown


def outline(author: User) -> GenerationJob:
    return job(author, kind="outline", status="succeeded", state={"titles": TITLES}, text="")


def test_an_outline_is_lines_of_a_form_without_scripts(writer: Client, author: User) -> None:
    shown = writer.get(f"/studio/generate/{outline(author).pk}/").content.decode()

    assert "What roasting does\nThe drum\nFirst crack\n</textarea>" in shown
    assert "Write the article from this outline" in shown


def test_an_article_is_written_from_the_outline_as_it_was_edited(writer: Client, author: User) -> None:
    made_from = outline(author)
    lines = "  First crack \r\n\r\nWhat roasting does\r\nA roast at home\r\n"

    for _click in range(2):
        answer = writer.post(f"/studio/generate/{made_from.pk}/write/", {"outline": lines})

    made = GenerationJob.objects.get(kind="article")
    assert answer["Location"] == f"/studio/generate/{made.pk}/"
    assert made.parameters == {
        **made_from.parameters, "outline": ["First crack", "What roasting does", "A roast at home"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (" \n ", "An outline needs at least one section."),
        ("".join(f"x{n}\n" for n in range(13)), "These are 13, and 12 is the most."),
        ("x" * 121, "This has 121 characters, and 120 is the most."),
    ],
)
def test_an_outline_that_cant_be_written_is_refused_and_kept(
    writer: Client, author: User, lines: str, says: str
) -> None:
    answer = writer.post(f"/studio/generate/{outline(author).pk}/write/", {"outline": lines})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not GenerationJob.objects.filter(kind="article").exists()


def finished(author: User, **fields: object) -> GenerationJob:
    draft = article_create(content=Content(title="On roasting", body="Words.", origin="ai"), author=author)
    return job(author, status="succeeded", article=draft, **fields)


def test_an_alternative_has_the_same_wish_and_stands_beside_the_first(writer: Client, author: User) -> None:
    first = finished(author)
    key = f"alternative-{first.pk}-0"

    for _click in range(2):
        answer = writer.post(f"/studio/generate/{first.pk}/vary/", {"key": key})

    second = GenerationJob.objects.get(alternative_to=first)
    assert second.parameters == first.parameters
    assert answer["Location"] == f"/studio/generate/{first.pk}/compare/{second.pk}/"
    shown = writer.get(answer["Location"]).content.decode()
    assert f'data-generation="{first.pk}"' in shown
    assert f'data-generation="{second.pk}"' in shown
    assert (
        f'name="key" value="alternative-{first.pk}-1"' in writer.get(f"/studio/generate/{first.pk}/").content.decode()
    )


def test_the_one_that_is_chosen_opens_and_the_other_goes_to_the_archive(
    reviewer_account: User, reviewer: Client
) -> None:
    first = finished(reviewer_account)
    second = finished(reviewer_account, alternative_to=first)

    answer = reviewer.post(f"/studio/generate/{first.pk}/compare/{second.pk}/", {"chosen": second.pk})

    assert answer["Location"] == f"/studio/articles/{second.article_id}/"
    assert Article.objects.get(pk=first.article_id).status == "archived"
    assert Article.objects.get(pk=second.article_id).status == "draft"


def test_a_draft_that_somebody_has_worked_on_stays_when_the_other_is_chosen(
    reviewer_account: User, reviewer: Client
) -> None:
    first = finished(reviewer_account)
    second = finished(reviewer_account, alternative_to=first)
    assert first.article is not None
    article_save(
        article_id=first.article.pk, content=Content(title="On roasting", body="My words.", origin="ai"), version=1,
        actor=reviewer_account,
    )  # fmt: skip

    reviewer.post(f"/studio/generate/{first.pk}/compare/{second.pk}/", {"chosen": second.pk})

    assert Article.objects.get(pk=first.article.pk).status == "draft"


def test_only_one_of_the_two_can_be_chosen(writer: Client, author: User) -> None:
    first, second, third = finished(author), job(author, status="queued"), finished(author)
    address = f"/studio/generate/{first.pk}/compare/{second.pk}/"

    assert writer.post(address, {"chosen": third.pk}).status_code == 404
    shown = writer.post(address, {"chosen": second.pk}, follow=True).content.decode()
    assert "This text has no draft yet; nothing was changed." in shown
