"""Editing with a model, as the editor's scripts ask for it: who may, what is refused, what is proposed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.enums import BudgetScope, GenerationKind, GenerationStatus
from articles.generation.choices import MAX_PASSAGE_CHARS
from articles.models import Article, Budget, GenerationJob, ProviderEndpoint
from articles.services.publishing import article_archive
from articles.studio.passage_forms import MAX_AROUND_CHARS
from tests.articles.studio.conftest import logged_in
from tests.articles.xss_corpus import PAYLOADS

PASSAGE = "The rain falls on the town."


@pytest.fixture(autouse=True)
def model(db: None) -> ProviderEndpoint:
    """A connected model that writes English only. Nobody asks it here: no worker runs."""
    return ProviderEndpoint.objects.create(
        name="own", base_url="https://llm.example/v1", model="small", languages=["en"]
    )


def send(client: Client, path: str, **data: Any) -> Any:
    return client.post(f"/studio/{path}/", json.dumps(data), content_type="application/json")


def ask(client: Client, article: Article | None, **fields: Any) -> Any:
    wish = {"operation": "rewrite", "text": PASSAGE, "language": "en", "key": "k1"} | fields
    return send(client, "passages", **({"article": article.pk} if article else {}), **wish)


def suggest(client: Client, article: Article | None, field: str, **fields: Any) -> Any:
    wish = {"field": field, "title": "", "body": PASSAGE, "language": "en", "key": "s1"} | fields
    return send(client, "suggestions", **({"article": article.pk} if article else {}), **wish)


def finished(job_id: int, text: str = "", **result: Any) -> GenerationJob:
    """Return a job that a worker has brought to its end."""
    GenerationJob.objects.filter(pk=job_id).update(
        status=GenerationStatus.SUCCEEDED, finished_at=timezone.now(), text=text, result=result
    )
    return GenerationJob.objects.get(pk=job_id)


# Asking


def test_a_passage_is_asked_about_by_a_job_of_the_account_for_the_article(
    writer: Client, draft: Callable[..., Article], author: User
) -> None:
    article = draft(body=PASSAGE)
    answer = ask(writer, article, operation="tone", tone="formal", before="x" * 2000 + "y", after="z" + "x" * 2000)
    assert answer.status_code == 201
    job = GenerationJob.objects.get()
    assert (job.kind, job.owner, job.article, job.language) == (GenerationKind.EDIT, author, article, "en")
    assert job.parameters == {
        "operation": "tone", "text": PASSAGE, "before": "x" * (MAX_AROUND_CHARS - 1) + "y",
        "after": "z" + "x" * (MAX_AROUND_CHARS - 1), "tone": "formal", "instruction": "",
    }  # fmt: skip
    told = answer.json()
    assert (told["id"], told["is_open"], told["socket"]) == (job.pk, True, f"/ws/studio/generation/{job.pk}/")


def test_asking_twice_with_one_key_is_one_job(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft()
    assert ask(writer, article).json()["id"] == ask(writer, article).json()["id"]
    assert ask(writer, article, key="k2").json()["id"] != GenerationJob.objects.earliest("pk").pk


def test_an_article_that_is_not_stored_yet_can_be_asked_about(writer: Client) -> None:
    assert ask(writer, None).status_code == 201
    assert suggest(writer, None, "title").status_code == 201
    assert set(GenerationJob.objects.values_list("article", flat=True)) == {None}


def test_an_alternative_names_the_proposal_it_is_one_to(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft()
    first = ask(writer, article).json()["id"]
    second = ask(writer, article, key="k2", alternative_to=first).json()["id"]
    assert GenerationJob.objects.get(pk=second).alternative_to_id == first


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""), ("text", " \n "), ("text", "a\x00b"), ("text", "x" * (MAX_PASSAGE_CHARS + 1)),
        ("operation", "delete"), ("operation", None), ("language", "xx"), ("key", ""), ("key", "k" * 65),
        ("instruction", "i" * 501), ("instruction", "a\x00"), ("tone", "angry beyond words"), ("before", "\x00"),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused_by_its_field(
    writer: Client, draft: Callable[..., Article], field: str, value: Any
) -> None:
    answer = ask(writer, draft(), **{field: value})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert not GenerationJob.objects.exists()


def test_another_tone_and_an_own_instruction_have_to_be_named(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft()
    assert ask(writer, article, operation="tone").json()["errors"] == {"tone": ["Choose a tone."]}
    refused = ask(writer, article, operation="own", instruction=" ").json()["errors"]
    assert refused == {"instruction": ["Say what should become of the passage."]}
    assert ask(writer, article, operation="own", instruction="Make it a list").status_code == 201


@pytest.mark.parametrize("body", ["nonsense", "[]", '{"text": ["a"]}', b"\xff\xfe", "[" * 50_000])
def test_what_is_no_wish_is_refused_with_the_reason(writer: Client, body: Any) -> None:
    answer = writer.post("/studio/passages/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (422, "malformed")


def test_what_is_too_large_is_refused_as_such(writer: Client, draft: Callable[..., Article]) -> None:
    assert suggest(writer, draft(), "title", body="b" * 5_000_000).status_code == 413


# Who may


def test_only_who_may_edit_the_article_has_it_edited_with_a_model(
    draft: Callable[..., Article], visitor: Client, reviewer: Client
) -> None:
    article = draft()
    assert ask(reviewer, article).status_code == 201
    assert ask(visitor, article).status_code == 403
    other = User.objects.create_user("rosa")
    assert send(logged_in(other), "passages").status_code == 403
    assert ask(Client(), article).status_code == 401


def test_a_writer_has_no_other_ones_article_edited(writer: Client, draft: Callable[..., Article], db: None) -> None:
    theirs = draft(author=User.objects.create_user("rosa"))
    assert ask(writer, theirs).status_code == 404
    assert (
        send(writer, "passages", article=2**62, text="x", operation="rewrite", language="en", key="k").status_code
        == 404
    )


def test_what_is_archived_is_not_edited(
    reviewer: Client, draft: Callable[..., Article], reviewer_account: User
) -> None:
    article = article_archive(article_id=draft().pk, actor=reviewer_account)
    assert ask(reviewer, article).status_code == 403


@pytest.mark.parametrize("verb", ["", "stop/", "compare/"])
def test_a_job_is_nobody_elses_not_even_a_superusers(
    writer: Client, editor: Client, draft: Callable[..., Article], verb: str
) -> None:
    job = ask(writer, draft()).json()["id"]
    call = editor.post if verb else editor.get
    assert call(f"/studio/proposals/{job}/{verb}").status_code == 404
    assert GenerationJob.objects.get().cancel_requested_at is None


def test_a_job_of_another_kind_is_none_of_the_editors(writer: Client, author: User) -> None:
    job = GenerationJob.objects.create(kind=GenerationKind.ARTICLE, owner=author)
    assert writer.get(f"/studio/proposals/{job.pk}/").status_code == 404


# What hinders


def test_a_language_that_no_model_writes_is_said_before_anything_starts(
    writer: Client, draft: Callable[..., Article]
) -> None:
    told = writer.get("/studio/proposals/?language=pt-br").json()["hindrance"]
    assert "Português (Brasil)" in told
    answer = ask(writer, draft(), language="pt-br")
    assert (answer.status_code, answer.json()) == (409, {"error": "hindered", "hindrance": told})
    assert not GenerationJob.objects.exists()
    assert writer.get("/studio/proposals/?language=en").json() == {"hindrance": ""}
    assert writer.get("/studio/proposals/?language=xx").status_code == 404


def test_who_may_connect_a_model_gets_the_link(editor: Client, model: ProviderEndpoint) -> None:
    model.delete()
    told = editor.get("/studio/proposals/?language=en").json()["hindrance"]
    assert "No model is connected" in told
    assert reverse("admin:articles_providerendpoint_add") in told


def test_a_budget_that_is_used_up_is_said_before_anything_starts(
    writer: Client, draft: Callable[..., Article], model: ProviderEndpoint
) -> None:
    model.price_in = Decimal(1)
    model.save()
    Budget.objects.create(scope=BudgetScope.SITE, month_limit=0)
    told = writer.get("/studio/proposals/?language=en").json()["hindrance"]
    assert "budget" in told.lower()
    assert ask(writer, draft()).json() == {"error": "hindered", "hindrance": told}


# What is proposed


def test_a_proposal_is_told_as_what_it_changes(writer: Client, draft: Callable[..., Article]) -> None:
    job = ask(writer, draft()).json()
    assert "changes" not in writer.get(job["url"]).json()
    finished(job["id"], "\nThe snow falls on the old town.\n")
    told = writer.get(job["url"]).json()
    assert told["changes"] == [
        ["The ", "The "], ["rain", "snow"], [" falls on the ", " falls on the "], ["", "old "], ["town.", "town."],
    ]  # fmt: skip


def test_a_proposal_is_compared_with_the_passage_as_it_is_now(writer: Client, draft: Callable[..., Article]) -> None:
    job = ask(writer, draft()).json()
    finished(job["id"], "The snow falls.")
    answer = writer.post(job["compare_url"], json.dumps({"text": "The snow fell."}), content_type="application/json")
    assert answer.json() == {"changes": [["The snow ", "The snow "], ["fell", "falls"], [".", "."]]}
    refused = writer.post(job["compare_url"], json.dumps({"text": 7}), content_type="application/json")
    assert refused.status_code == 422


def test_nothing_changes_the_article_by_itself(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft(body=PASSAGE)
    job = ask(writer, article).json()
    finished(job["id"], "All new.")
    writer.get(job["url"])
    article.refresh_from_db()
    assert (article.body, article.version, article.origin) == (PASSAGE, 1, "human")


def test_a_job_is_stopped_and_one_that_is_over_stays_as_it_is(writer: Client, draft: Callable[..., Article]) -> None:
    job = ask(writer, draft()).json()
    assert writer.post(job["stop_url"]).json()["status"] == "cancelled"
    other = ask(writer, draft("Other"), key="k2").json()
    finished(other["id"], "Done.")
    assert writer.post(other["stop_url"]).json()["status"] == "succeeded"


def test_suggestions_are_short_lines_each_once_and_of_what_was_asked_for(
    writer: Client, draft: Callable[..., Article]
) -> None:
    job = suggest(writer, draft(), "title").json()
    proposed = ["Rain\nin  town", "Rain in town", "", "x" * 300, 7, "<b>Rain</b>"]
    finished(job["id"], title=proposed, excerpt=["Not asked for."])
    assert writer.get(job["url"]).json()["suggestions"] == {"title": ["Rain in town", "7", "<b>Rain</b>"]}


def test_suggestions_need_a_text(writer: Client, draft: Callable[..., Article]) -> None:
    answer = suggest(writer, draft(), "excerpt", body="  ")
    assert answer.json()["errors"] == {"body": ["Write some text first."]}
    assert list(suggest(writer, draft("Other"), "slug").json()["errors"]) == ["field"]


def test_hostile_proposals_are_told_as_text_and_nothing_else(writer: Client, draft: Callable[..., Article]) -> None:
    job = ask(writer, draft()).json()
    for payload in PAYLOADS[::7]:
        finished(job["id"], payload)
        answer = writer.get(job["url"])
        assert answer["Content-Type"] == "application/json"
        assert "".join(now for _was, now in answer.json()["changes"]) == payload.strip()
