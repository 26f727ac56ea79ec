"""The pages of bulk jobs: progress, what failed, what was made; seen by their owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from articles.bulk.files import private_folder
from articles.models import Article, BulkJob

Make = Callable[..., Article]


@pytest.fixture
def job(editor: Client) -> Callable[..., BulkJob]:
    """Store a job of the editor's."""

    def make(**fields: Any) -> BulkJob:
        given = {"kind": "publish", "status": "running", "beat_at": timezone.now(), "total": 40, "done": 10, **fields}
        if given["status"] not in ("running", "waiting"):
            given["finished_at"] = timezone.now()
        return BulkJob.objects.create(owner=User.objects.get(username="ana"), **given)

    return make


def test_a_running_job_shows_its_progress_and_can_be_cancelled(editor: Client, job: Callable[..., BulkJob]) -> None:
    running = job()
    address = f"/studio/jobs/{running.pk}/"

    page = editor.get(address).content.decode()
    assert "10 of 40 · 25 %" in page
    assert 'max="40" value="10"' in page
    assert '<meta http-equiv="refresh"' in page  # without scripts

    editor.post(f"{address}cancel/")
    page = editor.get(address).content.decode()
    assert "Cancelled after 10 of 40" in page
    assert "<progress" not in page


def test_the_figures_come_as_json(editor: Client, job: Callable[..., BulkJob]) -> None:
    answer = editor.get(f"/studio/jobs/{job(failed=2).pk}/", {"format": "json"})

    assert answer.json() == {
        "status": "running", "is_open": True, "is_stalled": False, "total": 40, "done": 10, "failed": 2,
        "said": "10 of 40 · 25 %",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"status": "waiting", "beat_at": None, "total": 0, "done": 0}, "Waiting for a worker"),
        ({"total": 0, "done": 0}, "Counting"),
        ({"status": "done", "done": 40, "failed": 3}, "37 of 40"),
        ({"status": "failed"}, "Stopped after 10 of 40"),
    ],
)
def test_each_state_is_said_in_words(
    editor: Client, job: Callable[..., BulkJob], fields: dict[str, Any], says: str
) -> None:
    assert says in editor.get(f"/studio/jobs/{job(**fields).pk}/").content.decode()


def test_a_job_without_a_sign_of_life_can_be_gone_on_with(editor: Client, draft: Make) -> None:
    article, owner = draft(), User.objects.get(username="ana")
    job = BulkJob.objects.create(
        owner=owner, kind="publish", status="running", beat_at=timezone.now(), parameters={"ids": [article.pk]}
    )
    address = f"/studio/jobs/{job.pk}/"

    assert "Go on" not in editor.get(address).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        editor.force_login(owner)
        assert "no sign of life" in editor.get(address).content.decode()


def test_what_failed_is_listed_with_its_place(editor: Client, job: Callable[..., BulkJob], draft: Make) -> None:
    article = draft("On lamps")
    failures = [
        {"id": article.pk, "title": "On lamps", "message": "Not open."},
        {"file": "lamps.md", "line": 7, "field": "title", "message": "<b>Must not be blank.</b>"},
    ]

    page = editor.get(f"/studio/jobs/{job(status='done', failed=5, failures=failures).pk}/").content.decode()

    assert f'href="/studio/articles/{article.pk}/"' in page
    assert "lamps.md:7" in page
    assert "&lt;b&gt;Must not be blank.&lt;/b&gt;" in page
    assert "3 more failed and are not listed." in page


def test_what_a_job_made_is_downloaded_by_its_owner_alone(
    editor: Client, job: Callable[..., BulkJob], tmp_path: Path, settings: Settings
) -> None:
    settings.VAR_DIR = tmp_path
    made = job(kind="export_csv", status="done", file="articles.csv")
    (private_folder(made.owner_id) / "articles.csv").write_text("title\n")
    other = Client()
    other.force_login(User.objects.create_user("rosa"))

    answer = editor.get(f"/studio/jobs/{made.pk}/file/")

    assert b"".join(answer) == b"title\n"
    assert answer["Content-Disposition"] == 'attachment; filename="articles.csv"'
    assert "Download" in editor.get(f"/studio/jobs/{made.pk}/").content.decode()
    assert other.get(f"/studio/jobs/{made.pk}/file/").status_code == 403


@pytest.mark.parametrize("name", ["", "../secret", "gone.csv", "/etc/passwd"])
def test_no_other_file_is_ever_given(
    editor: Client, job: Callable[..., BulkJob], tmp_path: Path, settings: Settings, name: str
) -> None:
    settings.VAR_DIR = tmp_path
    made = job(status="done", file=name)
    (private_folder(made.owner_id).parent / "secret").write_text("x")

    assert editor.get(f"/studio/jobs/{made.pk}/file/").status_code == 404


def test_jobs_are_their_owners_and_superusers(job: Callable[..., BulkJob], author: User) -> None:
    others, client = job(), Client()
    client.force_login(author)

    for address in ("", "?format=json", "file/"):
        assert client.get(f"/studio/jobs/{others.pk}/{address}").status_code == 404
    assert client.post(f"/studio/jobs/{others.pk}/cancel/").status_code == 404
    assert "Publish" not in client.get("/studio/jobs/").content.decode()
    assert BulkJob.objects.get().status == "running"


def test_who_is_not_logged_in_is_sent_to_the_login(job: Callable[..., BulkJob]) -> None:
    assert Client().get(f"/studio/jobs/{job().pk}/")["Location"].startswith("/studio/login/")


def test_the_list_of_jobs_takes_the_same_few_queries(
    editor: Client, job: Callable[..., BulkJob], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    jobs = [job(status="done") for _ in range(35)]
    editor.get("/studio/jobs/")

    with django_assert_num_queries(3):  # user, number in review, jobs
        page = editor.get("/studio/jobs/").content.decode()

    assert f"?before={jobs[5].pk}" in page
    assert editor.get("/studio/jobs/", {"before": str(jobs[5].pk)}).status_code == 200
    assert editor.get("/studio/jobs/", {"before": "x"}).status_code == 404
