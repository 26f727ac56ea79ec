"""The label that says who wrote a text: its rule as a table, what can never happen to it, its way through a save."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles.content import Content
from articles.enums import GenerationKind, GenerationStatus, Origin, RevisionKind
from articles.models import Article, GenerationJob, Revision
from articles.origins import origin_after, with_machine_text
from articles.services.articles import article_create, article_save
from articles.services.proposals import machine_wrote, proposals_take
from articles.services.revisions import revision_restore

HUMAN, ASSISTED, AI = Origin.HUMAN, Origin.ASSISTED, Origin.AI
SAVE, AUTOSAVE, RESTORE, IMPORT, MERGE = (
    RevisionKind.SAVE, RevisionKind.AUTOSAVE, RevisionKind.RESTORE, RevisionKind.IMPORT, RevisionKind.MERGE
)  # fmt: skip
BODY = "One two three."


def content(origin: str, body: str = BODY) -> Content:
    return Content(title="Lamps", body=body, origin=origin)


# The rule


@pytest.mark.parametrize(
    ("before", "asked", "body", "kind", "machine", "becomes"),
    [
        # A person's own text is labelled as they say.
        (HUMAN, HUMAN, "New words.", SAVE, False, HUMAN),
        (HUMAN, ASSISTED, BODY, SAVE, False, ASSISTED),
        (HUMAN, AI, "New words.", SAVE, False, AI),
        # The AI's text stays so while its words do.
        (AI, AI, BODY, SAVE, True, AI),
        (AI, AI, "One  two\n\nthree.\n", AUTOSAVE, True, AI),
        (AI, AI, "One two four.", AUTOSAVE, True, ASSISTED),
        (AI, AI, "One two four.", MERGE, True, ASSISTED),
        (AI, AI, "One two four.", SAVE, False, ASSISTED),
        (ASSISTED, AI, "One two four.", SAVE, True, AI),
        # A label that was a person's mistake can be corrected, one that a machine earned can't.
        (ASSISTED, HUMAN, BODY, SAVE, False, HUMAN),
        (AI, HUMAN, "One two four.", SAVE, False, HUMAN),
        (ASSISTED, HUMAN, BODY, SAVE, True, ASSISTED),
        (ASSISTED, HUMAN, "All of it new.", AUTOSAVE, True, ASSISTED),
        (AI, HUMAN, "One two four.", SAVE, True, ASSISTED),
        (ASSISTED, HUMAN, BODY, MERGE, True, ASSISTED),
        # A file brings its label along, but no more than a form takes one that was earned away.
        (AI, AI, "One two four.", IMPORT, True, AI),
        (HUMAN, AI, "One two four.", IMPORT, False, AI),
        (AI, HUMAN, "One two four.", IMPORT, True, ASSISTED),
        # A revision comes back as it was.
        (ASSISTED, HUMAN, "Before.", RESTORE, True, HUMAN),
        (HUMAN, AI, "Before.", RESTORE, True, AI),
        (AI, AI, "Before.", RESTORE, True, AI),
    ],
)
def test_a_label_becomes(before: str, asked: str, body: str, kind: RevisionKind, machine: bool, becomes: str) -> None:
    saved = origin_after(content(before), content(asked, body), kind=kind, machine_wrote=lambda: machine)
    assert saved == becomes


saves = st.tuples(
    st.sampled_from(Origin.values),
    st.sampled_from([BODY, "One two four.", ""]),
    st.sampled_from([kind for kind in RevisionKind if kind is not RESTORE]),
)


@given(st.sampled_from([ASSISTED, AI]), st.lists(saves, max_size=8))
def test_what_a_machine_wrote_never_passes_for_a_persons_however_often_it_is_saved(
    first: str, rest: list[tuple[str, str, RevisionKind]]
) -> None:
    stored = content(first)
    for asked, body, kind in rest:
        origin = origin_after(stored, content(asked, body), kind=kind, machine_wrote=lambda: True)
        stored = content(origin, body)
        assert stored.origin != HUMAN


@given(st.sampled_from(Origin.values), saves)
def test_a_save_of_what_was_saved_changes_no_label(before: str, save: tuple[str, str, RevisionKind]) -> None:
    asked, body, kind = save
    first = content(origin_after(content(before), content(asked, body), kind=kind, machine_wrote=lambda: True), body)
    assert origin_after(first, first, kind=kind, machine_wrote=lambda: True) == first.origin


@pytest.mark.parametrize(("before", "after"), [(HUMAN, ASSISTED), (ASSISTED, ASSISTED), (AI, AI)])
def test_a_machines_text_makes_a_persons_article_an_assisted_one(before: str, after: str) -> None:
    assert with_machine_text(content(before)).origin == after


def test_what_machines_wrote_is_asked_only_when_a_label_would_go_back() -> None:
    def never() -> bool:
        raise AssertionError

    assert origin_after(content(HUMAN), content(HUMAN, "New."), kind=SAVE, machine_wrote=never) == HUMAN


# Its way through a save


@pytest.fixture
def writer(author: User) -> Client:
    client = Client()
    client.force_login(author)
    return client


@pytest.fixture
def proposal(author: User) -> Callable[..., GenerationJob]:
    """Make a job that finished with a proposal."""

    def make(article: Article | None, **fields: Any) -> GenerationJob:
        values = {
            "kind": GenerationKind.EDIT, "owner": author, "article": article, "text": "Better words.",
            "status": GenerationStatus.SUCCEEDED, "finished_at": timezone.now(),
        } | fields  # fmt: skip
        return GenerationJob.objects.create(**values)

    return make


def save(client: Client, article: Article, **data: Any) -> Any:
    article.refresh_from_db()
    sent = {"version": article.version, "kind": "autosave", "origin": "human"} | data
    return client.post(f"/studio/articles/{article.pk}/save/", sent, content_type="application/json")


def test_an_accepted_proposal_makes_a_persons_article_an_assisted_one_and_the_page_is_told(
    writer: Client, draft: Callable[..., Article], proposal: Callable[..., GenerationJob]
) -> None:
    article = draft()
    job = proposal(article)
    answer = save(writer, article, body="Better words.", accepted=str(job.pk)).json()
    assert (answer["origin"], answer["is_marked"]) == ("assisted", True)
    article.refresh_from_db()
    assert article.origin == ASSISTED
    job.refresh_from_db()
    assert job.result["accepted"]


def test_the_label_stays_whatever_is_asked_for_after(
    writer: Client, draft: Callable[..., Article], proposal: Callable[..., GenerationJob]
) -> None:
    article = draft()
    save(writer, article, body="Better words.", accepted=str(proposal(article).pk))
    assert save(writer, article, body="All new.", origin="human").json()["origin"] == "assisted"
    page = writer.get(f"/studio/articles/{article.pk}/").text
    assert '<option value="human" disabled>' in page


def test_a_conflict_keeps_what_was_accepted(
    writer: Client, draft: Callable[..., Article], proposal: Callable[..., GenerationJob], author: User
) -> None:
    article = draft(body="First.\n\nSecond.\n\nThird.")
    job = proposal(article)
    theirs = Content(title=article.title, body="First.\n\nSecond.\n\nTheir third.", slug=article.slug)
    article_save(article_id=article.pk, content=theirs, version=1, actor=author)
    form = {
        "title": article.title, "body": "Better first.\n\nSecond.\n\nThird.", "slug": article.slug, "language": "en",
        "origin": "human", "version": 1, "accepted": str(job.pk), "do": "compare",
    }  # fmt: skip
    page = writer.post(f"/studio/articles/{article.pk}/conflict/", form)
    assert page.context["result"].origin == ASSISTED


@pytest.mark.parametrize(
    "fields",
    [
        {"status": GenerationStatus.FAILED},
        {"status": GenerationStatus.QUEUED, "finished_at": None},
        {"kind": GenerationKind.ARTICLE},
    ],
)
def test_what_proposed_nothing_can_not_be_accepted(
    writer: Client, draft: Callable[..., Article], proposal: Callable[..., GenerationJob], fields: dict[str, Any]
) -> None:
    article = draft()
    job = proposal(article, **fields)
    assert save(writer, article, body="Words of mine.", accepted=str(job.pk)).json()["origin"] == "human"


def test_nobody_accepts_another_ones_proposal_or_one_for_another_article(
    writer: Client, draft: Callable[..., Article], proposal: Callable[..., GenerationJob], db: None
) -> None:
    article = draft()
    others = proposal(article, owner=User.objects.create_user("rosa"))
    elsewhere = proposal(draft("Another"))
    answer = save(writer, article, body="Words of mine.", accepted=f"{others.pk},{elsewhere.pk},nonsense,-1,{'9' * 40}")
    assert (answer.status_code, answer.json()["origin"]) == (200, "human")
    assert not GenerationJob.objects.filter(result__accepted=True).exists()


def test_a_proposal_accepted_before_the_article_was_stored_belongs_to_it(
    writer: Client, proposal: Callable[..., GenerationJob]
) -> None:
    job = proposal(None)
    sent = {"title": "New", "body": "Better words.", "language": "en", "origin": "human", "accepted": str(job.pk)}
    answer = writer.post("/studio/new/", sent, content_type="application/json").json()
    assert answer["origin"] == "assisted"
    job.refresh_from_db()
    assert job.article_id == answer["id"]
    assert machine_wrote(answer["id"])


def test_a_rejected_proposal_leaves_no_mark(
    draft: Callable[..., Article], proposal: Callable[..., GenerationJob], author: User
) -> None:
    article = draft()
    proposal(article)
    assert not machine_wrote(article.pk)
    assert not proposals_take(job_ids=(), actor=author, article=article)


def test_a_person_who_changes_the_ais_article_makes_it_an_assisted_one(writer: Client, author: User) -> None:
    article = article_create(content=content(AI), author=author)
    GenerationJob.objects.create(
        kind=GenerationKind.ARTICLE, owner=author, article=article, status=GenerationStatus.SUCCEEDED,
        finished_at=timezone.now(),
    )  # fmt: skip
    assert save(writer, article, title="Other lamps", origin="ai").json()["origin"] == "ai"
    assert save(writer, article, body="My words.", origin="ai").json()["origin"] == "assisted"
    assert save(writer, article, body="My words.", origin="human").json()["origin"] == "assisted"


def test_a_restored_revision_brings_its_label_back_and_keeps_it(
    writer: Client, draft: Callable[..., Article], proposal: Callable[..., GenerationJob], author: User
) -> None:
    article = draft()
    save(writer, article, body="Better words.", accepted=str(proposal(article).pk))
    first = Revision.objects.get(article=article, version=1)
    revision_restore(article_id=article.pk, revision_id=first.pk, version=2, actor=author)
    assert save(writer, article, body="Words of mine again.").json()["origin"] == "human"
