"""Import into the studio: a dry run that stores nothing, the choices, and the job that does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from articles.models import Article, BulkJob, Image, Revision
from tests.articles.portability.conftest import markdown
from tests.articles.studio.transferring import URL, checked, packed, page, send
from tests.fixtures.images import picture_bytes

Make = Callable[..., Article]
PUBLISHED = {"status": "published"}


@pytest.fixture(autouse=True)
def private_folders(settings: Settings, tmp_path: Path) -> None:
    """Keep private files and images out of the project's own folder."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "var", tmp_path / "media"


@pytest.fixture
def start(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Callable[..., BulkJob]:
    """Post a dry run's page, and work on the job that it starts."""

    def post(client: Client, address: str, **fields: Any) -> BulkJob:
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(address, fields)
        job = BulkJob.objects.latest("pk")
        assert (answer.status_code, answer["Location"]) == (302, f"/studio/jobs/{job.pk}/")
        return job

    return post


def test_a_dry_run_says_what_would_happen_and_stores_nothing(writer: Client, author: User) -> None:
    data = packed(("en/lamps.md", markdown()), ("en/bad.md", "---\ntitle: Bad\nstatus: lost\n---\n"), ("a.txt", "x"))

    shown = page(writer, checked(writer, data, "all.zip"))

    assert "Nothing is stored yet." in shown
    assert "<dt>New</dt><dd>1</dd>" in shown
    assert "<dt>With faults</dt><dd>1</dd>" in shown
    assert "New draft" in shown
    assert "<code>en/bad.md:3</code> <span><strong>status</strong>: “lost” is no status." in shown
    assert "<code>a.txt</code>" in shown
    assert "Import 1 article" in shown
    assert not Article.objects.exists()
    assert not BulkJob.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("lamps.md", "---\ntitle: On lamps\nlanguage: xx\n---\n", "lamps.md:3"),
        ("lamps.md", b"---\ntitle: On lamps\n---\n\n\xff", "lamps.md:5"),
        ("lamps.csv", "title,status\nOn lamps,draft\nMore,lost\n", "lamps.csv:3"),
        ("lamps.csv", "title,colour\nOn lamps,red\n", "lamps.csv:1"),
        ("lamps.csv", "title,slug\nOn lamps\n", "lamps.csv:2"),
        ("lamps.zip", b"no archive", "lamps.zip"),
        ("lamps.zip", packed(("../lamps.md", markdown())), "../lamps.md"),
        ("lamps.zip", packed(("/etc/lamps.md", markdown())), "/etc/lamps.md"),
        ("lamps.zip", packed(("lamps.md", markdown(body="a" * (5 << 20)))), "lamps.md"),  # a bomb
        ("lamps.zip", packed(("lamps.md", markdown(cover="images/lost.jpeg"))), "lamps.md:3"),
    ],
)
def test_each_fault_is_told_by_its_file_and_line(writer: Client, name: str, data: str | bytes, place: str) -> None:
    address = checked(writer, data, name)

    assert f"<code>{place}</code>" in page(writer, address)
    if "lamps.csv:3" not in place:  # where another row is fine
        assert writer.post(address).status_code == 200
        assert not BulkJob.objects.exists()
    assert not Article.objects.exists()


def test_an_archive_without_articles_is_told_so(writer: Client) -> None:
    assert "The file has no article in it." in page(writer, checked(writer, packed(("a.txt", "x")), "all.zip"))


def test_html_of_a_file_is_text_on_the_page(writer: Client) -> None:
    bait = "<img src=x onerror=alert(1)>"
    data = packed((f"{bait}.md", markdown(title=bait)), (f"{bait}2.md", markdown(language=bait)), (f"{bait}.txt", ""))

    shown = writer.get(checked(writer, data, f"{bait}.zip")).content.decode()

    assert "<img" not in shown
    assert shown.count("&lt;img src=x onerror=alert(1)&gt;") >= 4


def test_posting_the_dry_run_imports_in_the_background(writer: Client, author: User, start: Any) -> None:
    data = packed(("lamps.md", markdown()), ("more.md", markdown("More")), ("bad.md", "---\ntitle:\n---\n"))

    job = start(writer, checked(writer, data, "all.zip"), existing="skip")

    assert {article.title: (article.author, article.status) for article in Article.objects.all()} == {
        "On lamps": (author, "draft"), "More": (author, "draft"),
    }  # fmt: skip
    assert (job.status, job.done, job.failed) == ("done", 3, 1)
    shown = page(writer, f"/studio/jobs/{job.pk}/")
    assert "2 of 3" in shown
    assert "bad.md:" in shown


def test_images_come_along_with_their_words(writer: Client, start: Any) -> None:
    text = (
        '---\ntitle: On lamps\ncover: images/lamp.jpg\nimages:\n- file: images/lamp.jpg\n  alt: "A lamp"\n---\n\nText.'
    )

    start(writer, checked(writer, packed(("a.md", text), ("images/lamp.jpg", picture_bytes(size=(64, 48)))), "a.zip"))

    assert Article.objects.get().cover == Image.objects.get()
    assert Image.objects.get().alt == "A lamp"


def test_what_has_a_slug_of_here_is_skipped_updated_or_copied_as_one_chooses(
    writer: Client, author: User, draft: Make, start: Any
) -> None:
    article = draft("On lamps", body="Here.")
    data = markdown(slug=article.slug, body="There.")

    skipped = page(writer, checked(writer, data))
    assert "Skipped" in skipped
    assert "There is nothing to import" in skipped

    update = checked(writer, data, existing="update")
    assert "New revision" in page(writer, update)
    start(writer, update, existing="update")
    article.refresh_from_db()
    assert (article.body.strip(), article.version) == ("There.", 2)
    assert Revision.objects.filter(article=article).latest("pk").kind == "import"
    assert "The same already" in page(writer, checked(writer, data, existing="update"))

    other = markdown(slug=article.slug, body="Elsewhere.")
    copy = checked(writer, other, existing="copy")
    assert "New copy" in page(writer, copy)
    start(writer, copy, existing="copy")
    assert {found.slug: found.body.strip() for found in Article.objects.all()} == {
        "on-lamps": "There.", "on-lamps-2": "Elsewhere.",
    }  # fmt: skip


def test_an_article_of_another_is_updated_by_no_file(writer: Client, reviewer_account: User, draft: Make) -> None:
    article = draft("On lamps", author=reviewer_account)

    shown = page(writer, checked(writer, markdown(slug=article.slug, body="There."), existing="update"))

    assert "You may not change the article that has this slug." in shown


def test_a_choice_that_is_none_imports_nothing(writer: Client) -> None:
    address = checked(writer, markdown())

    assert send(writer, markdown(), existing="burn").status_code == 422
    assert writer.post(address, {"existing": "burn"}).status_code in (200, 422)
    assert not BulkJob.objects.exists()


def test_only_who_may_publish_publishes(writer: Client, reviewer: Client, start: Any) -> None:
    data = markdown(**PUBLISHED)
    assert 'name="publish"' not in page(writer, URL)
    assert 'name="publish"' in page(reviewer, URL)

    start(writer, checked(writer, data, publish="on"), existing="skip", publish="on")
    assert Article.objects.get().status == "draft"

    address = checked(reviewer, markdown("More", **PUBLISHED), publish="on")
    assert "New, published" in page(reviewer, address)
    start(reviewer, address, existing="skip", publish="on")
    assert Article.objects.get(title="More").status == "published"


def test_published_files_stay_drafts_until_a_publisher_says_otherwise(reviewer: Client, start: Any) -> None:
    start(reviewer, checked(reviewer, markdown(**PUBLISHED)), existing="skip")

    assert Article.objects.get().status == "draft"


def test_what_was_exported_comes_back(writer: Client, draft: Make, start: Any) -> None:
    draft("=On lamps", body="They *glow*.", tags=("oil, old", "light"))
    for kind in ("zip", "csv"):
        data = b"".join(writer.post("/studio/export/", {"whose": "mine", "format": kind}))
        Article.objects.all().delete()

        start(writer, checked(writer, data, f"all.{kind}"), existing="skip")

        article = Article.objects.get()
        assert (article.title, article.slug) == ("=On lamps", "on-lamps")
        assert sorted(tag.name for tag in article.tags.all()) == ["light", "oil, old"]
