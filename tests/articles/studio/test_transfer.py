"""Export from the studio: what is sent at once, what becomes a job, and what nobody gets who may not read it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from articles.models import Article, BulkJob, Category, Image
from articles.portability.tables import COLUMNS
from articles.services.articles import article_save

Make = Callable[..., Article]
URL = "/studio/export/"


@pytest.fixture(autouse=True)
def private_folders(settings: Settings, tmp_path: Path) -> None:
    """Keep private files out of the project's own folder."""
    settings.VAR_DIR = tmp_path / "var"


def export(client: Client, **fields: Any) -> HttpResponse:
    given = {"whose": "all", "format": "csv"} | fields
    return client.post(URL, {name: value for name, value in given.items() if value is not None})  # type: ignore[return-value]


def bytes_of(answer: HttpResponse) -> bytes:
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer)


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def titles(answer: HttpResponse) -> list[str]:
    return [row["title"] for row in table(bytes_of(answer))]


def archive(answer: HttpResponse) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bytes_of(answer))) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def test_the_page_offers_ones_own_articles_as_an_archive(writer: Client) -> None:
    page = writer.get(URL).content.decode()

    assert '<option value="mine" selected>' in page
    assert re.search(r'name="format" value="zip"[^>]* checked', page)
    assert "Up to 200 articles are sent at once." in page


def test_ticked_articles_come_along_in_the_address(writer: Client) -> None:
    page = writer.get(URL, {"ids": "3,5"}).content.decode()

    assert "2 ticked articles." in page
    assert 'name="ids" value="3,5"' in page
    assert "<script>" not in writer.get(URL, {"ids": '"><script>'}).content.decode()


def test_a_table_is_sent_as_it_is_read(writer: Client, draft: Make) -> None:
    draft("On lamps", tags=("oil, old", "light"), excerpt="They *glow*.")

    answer = export(writer)

    (row,) = table(bytes_of(answer))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="articles-[-0-9a-f]+\.csv"', answer["Content-Disposition"])
    assert tuple(row) == COLUMNS
    assert (row["title"], row["tags"], row["status"], row["url"]) == (
        "On lamps", 'light,"oil, old"', "draft", "/articles/on-lamps/",
    )  # fmt: skip


@pytest.mark.parametrize(("bom", "begins"), [("on", b"\xef\xbb\xbfslug,"), (None, b"slug,")])
def test_a_table_has_a_mark_for_excel_when_one_asks(
    writer: Client, draft: Make, bom: str | None, begins: bytes
) -> None:
    draft()

    assert bytes_of(export(writer, bom=bom)).startswith(begins)


@pytest.mark.parametrize("title", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "＝1"])
def test_no_cell_is_a_formula(writer: Client, draft: Make, title: str) -> None:
    draft(title, excerpt=title, tags=(title,), seo_title=title)

    (row,) = table(bytes_of(export(writer)))

    assert (row["title"], row["excerpt"], row["seo_title"]) == (f"'{title}",) * 3
    assert row["tags"].startswith(("'", '"'))


def test_an_archive_holds_texts_and_each_image_once(writer: Client, stored: Callable[..., Image], draft: Make) -> None:
    image = stored(size=(64, 48))
    for number in range(2):
        draft(f"Lamp {number}", body="They *glow*.", cover_id=image.pk)

    answer = export(writer, format="zip", images="on")

    files = archive(answer)
    assert answer["Content-Type"] == "application/zip"
    assert sorted(files) == ["en/lamp-0.md", "en/lamp-1.md", f"images/{image.digest}.jpeg"]
    assert files["en/lamp-0.md"].startswith(b"---\ntitle: Lamp 0\n")
    assert f"cover: images/{image.digest}.jpeg".encode() in files["en/lamp-0.md"]
    assert set(archive(export(writer, format="zip"))) == {"en/lamp-0.md", "en/lamp-1.md"}


def test_changes_behind_a_live_text_go_in_only_when_asked_for(writer: Client, author: User, published: Make) -> None:
    article = published("Live")
    content = replace(article.working(), title="Changed")
    article_save(article_id=article.pk, content=content, version=article.version, actor=author)

    assert titles(export(writer, pending="on")) == ["Changed"]
    assert titles(export(writer)) == ["Live"]


def test_filters_keep_what_they_say(reviewer: Client, reviewer_account: User, draft: Make, published: Make) -> None:
    category = Category.objects.create(name="Home", slug="home")
    draft("One", category_id=category.pk)
    published("Two", category_id=category.pk)
    draft("Três", language="pt-br")
    draft("Own", author=reviewer_account)

    assert titles(export(reviewer)) == ["One", "Two", "Três", "Own"]
    assert titles(export(reviewer, whose="mine")) == titles(export(reviewer, whose=None, status="")) != []
    assert titles(export(reviewer, status="draft")) == ["One", "Três", "Own"]
    assert titles(export(reviewer, language="pt-br")) == ["Três"]
    assert titles(export(reviewer, category=category.pk, status="published")) == ["Two"]


def test_only_what_was_ticked_is_sent(writer: Client, draft: Make) -> None:
    one, _two, three = (draft(title) for title in ("One", "Two", "Three"))

    # The filters that stand beside are another choice, and articles that are gone no fault.
    answer = export(writer, ids=f"{three.pk},{one.pk},{one.pk},999999", status="archived")

    assert titles(answer) == ["One", "Three"]


def test_nobody_takes_out_what_they_may_not_read(
    writer: Client, reviewer_account: User, draft: Make, published: Make
) -> None:
    secret = draft("Secret", author=reviewer_account)
    public = published("Public", author=reviewer_account)
    draft("Own")

    assert titles(export(writer)) == ["Public", "Own"]
    assert titles(export(writer, ids=f"{secret.pk},{public.pk}")) == ["Public"]
    assert export(writer, ids=str(secret.pk)).status_code == 422
    assert not {row["username"] for row in table(bytes_of(export(writer)))} - {""}  # logins are the editors' matter


def test_an_export_of_nothing_says_so_and_keeps_the_choice(writer: Client) -> None:
    answer = export(writer, whose="mine", status="archived")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "No article is like that." in page
    assert '<option value="archived" selected>' in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"format": None}, "format"), ({"format": "exe"}, "format"), ({"status": "x"}, "status"),
     ({"language": "xx"}, "language"), ({"category": "999"}, "category"), ({"whose": "theirs"}, "whose"),
     ({"ids": "1,x"}, "ids"), ({"ids": "9" * 19}, "ids"), ({"ids": "1;2"}, "ids")],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused_by_field(
    writer: Client, draft: Make, fields: dict[str, Any], field: str
) -> None:
    draft()

    answer = export(writer, **fields)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["csv", "zip"])
def test_a_large_export_is_a_job_whose_file_is_its_owners(
    writer: Client, reviewer: Client, draft: Make, monkeypatch: pytest.MonkeyPatch, kind: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    monkeypatch.setattr("articles.studio.transfer.DIRECT_ARTICLES", 2)
    for number in range(3):
        draft(f"Lamp {number}")

    with django_capture_on_commit_callbacks(execute=True):
        answer = export(writer, format=kind, whose="mine", status="draft")

    job = BulkJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/studio/jobs/{job.pk}/")
    assert (job.status, job.done, job.total) == ("done", 3, 3)
    file = writer.get(f"/studio/jobs/{job.pk}/file/")
    data = b"".join(file)  # type: ignore[arg-type]
    assert file["Content-Disposition"].endswith(f'.{kind}"')
    assert b"lamp-2" in data
    assert reviewer.get(f"/studio/jobs/{job.pk}/file/").status_code == 404
    assert Client().get(f"/studio/jobs/{job.pk}/file/").status_code == 302


def test_a_job_takes_out_no_more_than_its_owner_may_read(
    writer: Client, reviewer_account: User, draft: Make, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    monkeypatch.setattr("articles.studio.transfer.DIRECT_ARTICLES", 0)
    secret, own = draft("Secret", author=reviewer_account), draft("Own")

    with django_capture_on_commit_callbacks(execute=True):
        export(writer, ids=f"{secret.pk},{own.pk}")

    file = writer.get(f"/studio/jobs/{BulkJob.objects.get().pk}/file/")
    assert [row["title"] for row in table(b"".join(file))] == ["Own"]  # type: ignore[arg-type]


def test_exports_are_for_who_writes(visitor: Client) -> None:
    assert visitor.get(URL).status_code == export(visitor).status_code == 403
    assert export(Client())["Location"].startswith("/studio/login/")
