"""The pages of batches: rows are given, looked at, started once, followed and stopped; by their owner alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from articles.enums import BudgetScope, GenerationKind, GenerationStatus
from articles.generation import batches, jobs, writers
from articles.generation.runner import job_run
from articles.models import Budget, BulkJob, Category, GenerationBatch, GenerationJob
from articles.studio import batches as pages
from tests.articles.generation.batching import Workers, started

NEW = "/studio/batches/new/"
GIVEN = {"language": "en", "tone": "neutral", "words": "500"}


@pytest.fixture(autouse=True)
def private_folders(settings: Settings, tmp_path: Path) -> None:
    """Keep what is uploaded out of the project's own folder."""
    settings.VAR_DIR = tmp_path


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """The broker and the workers."""
    there = Workers()
    for module in (batches, jobs):
        monkeypatch.setattr(module, "job_enqueue", there.enqueue)
    monkeypatch.setitem(writers.WRITERS, GenerationKind.ARTICLE, "tests.articles.generation.batching.QuickWriter")
    return there


@pytest.fixture
def worked_off(django_capture_on_commit_callbacks: Any, workers: Workers) -> Callable[[GenerationBatch], None]:
    """Have a batch written to its end."""

    def work(batch: GenerationBatch) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            batches.batch_advance(batch.pk)
        while workers.queue:
            with django_capture_on_commit_callbacks(execute=True):
                job_run(workers.queue.pop(0))

    return work


WorkedOff = Callable[[GenerationBatch], None]


def given(client: Client, topics: str = "", file: tuple[str, bytes] | None = None, **fields: str) -> Any:
    """Give rows; return the answer, or the page of what would be made of them."""
    data: dict[str, Any] = {**GIVEN, "topics": topics, **fields}
    if file:
        data["file"] = SimpleUploadedFile(*file)
    answer = client.post(NEW, data)
    return client.get(answer["Location"]) if answer.status_code == 302 else answer


def page_of(answer: HttpResponse) -> str:
    """Return the text of a page, its white space made single."""
    return " ".join(answer.content.decode().split())


def start(client: Client, answer: Any) -> Any:
    """Press the button of the page of what would be made."""
    return client.post(answer.request["PATH_INFO"], {**GIVEN})


def test_topics_are_shown_before_anything_is_written_and_started_once(writer: Client, workers: Workers) -> None:
    check = given(writer, "On lamps\n\nOn chairs\n")
    page = page_of(check)
    assert "Start 2 articles" in page
    assert "On chairs" in page
    assert not GenerationJob.objects.exists()

    first, second = start(writer, check), start(writer, check)

    batch = GenerationBatch.objects.get()
    assert first["Location"] == second["Location"] == f"/studio/batches/{batch.pk}/"
    assert (batch.name, batch.jobs.count()) == ("On lamps", 2)


def test_rows_with_faults_are_told_and_left_out(writer: Client) -> None:
    category = Category.objects.create(name="Home", slug="home")
    table = "title,words,tone,category\nOn lamps,600,formal,Home\nOn chairs,5,,\nOn doors,,,hom\n"

    check = given(writer, file=("rows.csv", table.encode()))
    page = page_of(check)

    assert "Start 1 article, leave out 2" in page
    assert "Row 2 · On chairs" in page
    assert "Give a number of words between 100 and 3000." in page
    assert "There is no category “hom”. Did you mean “home”?" in page
    start(writer, check)
    batch = GenerationBatch.objects.get()
    assert batch.jobs.get().parameters["category_id"] == category.pk
    assert [fault["row"] for fault in batch.refused] == [2, 3]
    assert "Row 3 · On doors" in page_of(writer.get(f"/studio/batches/{batch.pk}/"))


@pytest.mark.parametrize(
    ("topics", "file", "says"),
    [
        ("", None, "Write a topic, or choose a file."),
        ("x", ("rows.csv", b"title\ny\n"), "Give topics or a file, not both."),
        ("", ("rows.csv", b"tittle\ny\n"), "The first line must name the columns."),
        ("", ("rows.csv", b"title,wrods\ny,3\n"), "Did you mean “words”?"),
        ("", ("rows.pdf", b"%PDF"), "is not read. Give a .txt or a .csv."),
        ("", ("rows.txt", b"\xff\xfex"), "damaged further on"),
        ("x\n" * 10_001, None, "More than 10,000 rows."),
    ],
)
def test_what_is_no_list_of_rows_is_told_beside_the_field(
    writer: Client, topics: str, file: tuple[str, bytes] | None, says: str
) -> None:
    answer = given(writer, topics, file)

    assert answer.status_code == 422
    assert says in page_of(answer)


def test_latin_1_doubles_and_ten_thousand_rows_with_a_broken_one_are_said(writer: Client) -> None:
    lines = ["title,words", *(f"Ação {number},600" for number in range(1, 10_001))]
    lines[7_313] = "Ação 7313,none"
    lines[12] = lines[3]

    page = page_of(given(writer, file=("rows.csv", "\n".join(lines).encode("latin-1"))))

    assert "This file is Latin-1, not UTF-8; it was read as such." in page
    assert "Start 9,999 articles, leave out 1" in page
    assert "Row 7,313 · Ação 7313" in page
    assert "same as row 3" in page


def test_the_cost_the_budget_and_a_language_nobody_writes_are_told(
    writer: Client, author: User, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.LLM_ENDPOINTS = [
        {"name": "one", "base_url": "http://127.0.0.1:9/v1", "model": "m", "languages": ["en"], "price_in": 1,
         "price_out": 2}
    ]  # fmt: skip
    Budget.objects.create(scope=BudgetScope.EACH, month_limit=10, jobs_per_day=5)

    page = page_of(given(writer, file=("rows.csv", b"title,language\nOn lamps,en\nSobre mesas,pt-br\n")))

    assert "about US$ 0.00" in page
    assert "US$ 10.00 of your US$ 10.00 this month" in page
    assert "No connected model writes Portugu" in page


def test_a_budget_that_is_used_up_starts_nothing_and_keeps_the_rows(writer: Client) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, jobs_per_day=1)
    check = given(writer, "On lamps\nOn chairs\n")

    answer = start(writer, check)

    assert answer.status_code == 422
    assert "Nothing was started" in page_of(answer)
    assert not GenerationBatch.objects.exists()
    assert writer.get(check.request["PATH_INFO"], GIVEN).status_code == 200


def test_its_page_shows_progress_and_each_row_and_the_same_as_json(
    writer: Client, author: User, workers: Workers, worked_off: WorkedOff
) -> None:
    batch = started(author, rows=3)
    GenerationJob.objects.filter(row=2).update(parameters={"title": "Refused"})
    address = f"/studio/batches/{batch.pk}/"
    before = writer.get(address, {"format": "json"}).json()
    assert (before["done"], before["total"], before["is_open"]) == (0, 3, True)
    assert [name for name, _ in before["steps"]] == ["pause", "cancel"]

    worked_off(batch)

    after = writer.get(address, {"format": "json"}).json()
    assert (after["status"], after["done"], after["counts"]["succeeded"]) == ("done", 3, "2")
    assert [name for name, _ in after["steps"]] == ["retry"]
    page = page_of(writer.get(address))
    assert "2 of 3 written" in page
    assert "The provider’s moderation refused the wish." in page
    made = batch.jobs.get(row=1).article
    assert made is not None
    assert f"/studio/articles/{made.pk}/" in page
    only = page_of(writer.get(address, {"show": "failed"}))
    assert "Refused" in only
    assert "Topic 1</a>" not in only


def test_it_is_paused_resumed_tried_again_and_cancelled(writer: Client, author: User, worked_off: WorkedOff) -> None:
    batch = started(author, rows=4)
    address = f"/studio/batches/{batch.pk}/"

    def step(name: str) -> str:
        assert writer.post(f"{address}step/", {"step": name}).status_code == 302
        batch.refresh_from_db()
        return batch.status

    assert step("pause") == "paused"
    worked_off(batch)
    assert not batch.jobs.exclude(status="queued").exists()
    assert step("resume") == "running"
    GenerationJob.objects.filter(row=1).update(parameters={"title": "Refused"})
    worked_off(batch)
    assert batch.jobs.get(row=1).status == GenerationStatus.FAILED
    assert step("retry") == "running"
    assert step("cancel") == "cancelled"
    assert batch.jobs.get(row=1).status == GenerationStatus.CANCELLED
    assert writer.post(f"{address}step/", {"step": "explode"}).status_code == 404


def test_its_drafts_are_fetched_as_markdown(writer: Client, author: User, worked_off: WorkedOff) -> None:
    batch = started(author, rows=2)
    address = f"/studio/batches/{batch.pk}/file/"
    assert writer.get(address).status_code == 404
    worked_off(batch)

    answer: Any = writer.get(address)

    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        assert sorted(archive.namelist()) == ["en/topic-1.md", "en/topic-2.md"]
        assert "origin: ai" in archive.read("en/topic-1.md").decode()


def test_many_drafts_are_a_job(
    writer: Client, author: User, worked_off: WorkedOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(author, rows=2)
    worked_off(batch)
    monkeypatch.setattr(pages, "DIRECT_ARTICLES", 1)

    answer = writer.get(f"/studio/batches/{batch.pk}/file/")

    assert answer["Location"] == f"/studio/jobs/{BulkJob.objects.get().pk}/"


def test_a_batch_is_its_owners_and_superusers(author: User, editor: Client, reviewer: Client) -> None:
    batch = started(author, rows=1)
    address = f"/studio/batches/{batch.pk}/"

    assert editor.get(address).status_code == 200
    for part in ("", "?format=json", "file/"):
        assert reviewer.get(f"{address}{part}").status_code == 404
    assert reviewer.post(f"{address}step/", {"step": "cancel"}).status_code == 404
    assert "On lamps" not in reviewer.get("/studio/batches/").content.decode()


def test_who_may_not_write_starts_none(visitor: Client) -> None:
    assert visitor.get(NEW).status_code == 403
    assert given(visitor, "x").status_code == 403


def test_somebody_elses_rows_are_not_shown(writer: Client, reviewer: Client) -> None:
    check = given(writer, "On lamps\n")

    assert reviewer.get(check.request["PATH_INFO"], GIVEN).status_code == 404
    assert start(reviewer, check).status_code == 404


def test_long_lists_are_paged_and_take_the_same_few_queries(
    writer: Client, author: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    batch = started(author, rows=120)
    address = f"/studio/batches/{batch.pk}/"
    writer.get(address)

    with django_assert_num_queries(6):  # user, its permissions and its groups', batch, progress, rows
        page = page_of(writer.get(address))
    assert "?show=all&amp;after=50" in page
    assert "Topic 51</a>" in page_of(writer.get(address, {"after": "50"}))
    for wrong in ({"after": "x"}, {"show": "x"}):
        assert writer.get(address, wrong).status_code == 404
    writer.get("/studio/batches/")
    with django_assert_num_queries(5):  # user, its permissions and its groups', batches, progress
        assert "Topics" in page_of(writer.get("/studio/batches/"))
