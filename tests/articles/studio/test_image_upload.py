"""Uploading a picture: by the editor's scripts, which get JSON, and by a plain form, which gets pages."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from articles.models import Image
from tests.fixtures.images import picture_bytes, upload

URL = "/studio/images/upload/"
HTML = {"accept": "text/html,application/xhtml+xml"}
JSON = {"accept": "application/json"}
NOBODYS_HOUR = datetime(2026, 5, 4, 9, 20, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("media")


def lamp(**options: Any) -> SimpleUploadedFile:
    return upload(picture_bytes(**{"size": (64, 48), **options}), name="lamp.jpg")


def send(client: Client, headers: dict[str, str] = JSON, **fields: Any) -> HttpResponse:
    given = {"file": lamp(), "alt": "A lamp"} | fields
    wanted = {name: value for name, value in given.items() if value is not None}
    return client.post(URL, wanted, headers=headers)  # type: ignore[return-value]


def limit_reached(client: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> HttpResponse:
    """Upload until the hour's allowance is used up."""
    monkeypatch.setattr("articles.images.allowance.MAX_BYTES", 1_500)
    answer = send(client, headers)
    while answer.status_code in (201, 302):
        answer = send(client, headers)
    return answer


# By scripts


def test_a_script_gets_the_image_and_its_markdown(writer: Client, author: User) -> None:
    answer = send(writer, focal_x_pct="10", focal_y_pct="90")

    image = Image.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {  # type: ignore[attr-defined]
        "id": image.pk, "alt": "A lamp", "name": "lamp.jpg", "width": 64, "height": 48,
        "focal_x_pct": 10, "focal_y_pct": 90, "url": f"/media/images/{image.digest}/64.jpeg",
        "thumbnail": f"/media/images/{image.digest}/64.jpeg",
        "markdown": f"![A lamp](/media/images/{image.digest}/64.jpeg)",
    }  # fmt: skip
    assert image.uploaded_by == author
    assert "no-store" in answer["Cache-Control"]


def test_the_same_picture_again_is_the_same_image_with_the_words_of_this_time(
    writer: Client, reviewer: Client, author: User
) -> None:
    first = send(writer).json()  # type: ignore[attr-defined]

    second = send(reviewer, alt="The lamp, again").json()  # type: ignore[attr-defined]

    assert (second["id"], second["alt"]) == (first["id"], "A lamp")
    assert second["markdown"].startswith("![The lamp, again](")
    assert Image.objects.get().uploaded_by == author


def test_words_that_would_break_the_markdown_are_escaped(writer: Client) -> None:
    markdown = send(writer, alt="A [lamp](x)\n<b> `on` *it*! &amp;").json()["markdown"]  # type: ignore[attr-defined]

    assert markdown.startswith("![A \\[lamp\\](x) \\<b\\> \\`on\\` \\*it\\*\\! \\&amp;](/media/images/")


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"alt": None}, {"alt": "This field cannot be blank."}),
        ({"alt": " \u200b "}, {"alt": "This field cannot be blank."}),
        ({"alt": "x" * 301}, {"alt": "at most 300 characters"}),
        ({"file": None}, {"file": "Choose a file."}),
        ({"file": "a text"}, {"file": "Choose a file."}),
        ({"file": upload(b"GIF89a<script>", "GIF"), "alt": ""}, {"file": "no picture", "alt": "blank"}),
        ({"focal_x_pct": "101"}, {"focal_x_pct": "less than or equal to 100"}),
        ({"focal_y_pct": "-1"}, {"focal_y_pct": "greater than or equal to 0"}),
        ({"focal_x_pct": "left", "focal_y_pct": "top"}, {"focal_x_pct": "integer", "focal_y_pct": "integer"}),
    ],
)
def test_what_is_wrong_is_told_by_field(writer: Client, fields: dict[str, Any], errors: dict[str, str]) -> None:
    answer = send(writer, **fields)

    found = answer.json()["errors"]  # type: ignore[attr-defined]
    assert answer.status_code == 422
    assert found.keys() == errors.keys()
    assert all(text in found[name][0] for name, text in errors.items())
    assert not Image.objects.exists()


def test_who_may_not_write_is_told_so_as_json(visitor: Client) -> None:
    answers = [send(Client()), send(visitor)]

    assert [answer.status_code for answer in answers] == [401, 403]
    assert all("Log in again" in answer.json()["errors"]["file"][0] for answer in answers)  # type: ignore[attr-defined]
    assert not Image.objects.exists()


def test_an_upload_that_no_page_of_ours_sent_is_refused(author: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)

    assert send(client).status_code == 403
    assert not Image.objects.exists()


def test_an_account_uploads_so_much_an_hour_and_is_told_when_it_may_go_on(
    writer: Client, reviewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOBODYS_HOUR, tick=False):
        refusal = limit_reached(writer, monkeypatch, JSON)

        assert (refusal.status_code, refusal["Retry-After"]) == (429, "2400")
        assert "Try again in 41 minutes." in refusal.json()["errors"]["file"][0]  # type: ignore[attr-defined]
        assert send(reviewer).status_code == 201  # whose own hour it is
    with time_machine.travel(NOBODYS_HOUR.replace(hour=10, minute=0), tick=False):
        writer.force_login(User.objects.get(username="clarice"))
        assert send(writer).status_code == 201


# By a form


def test_a_form_leads_to_the_page_of_the_image(writer: Client) -> None:
    answer = send(writer, HTML)

    image = Image.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/studio/images/{image.pk}/")
    assert "The image is in the library." in writer.get(answer["Location"]).content.decode()


def test_a_refused_form_keeps_what_was_typed_and_names_the_field(writer: Client) -> None:
    answer = send(writer, HTML, file=upload(b"no picture"), alt='A "lamp" <b>')

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This is no picture that can be read." in page
    assert 'id="image-file-errors"' in page
    assert "A &quot;lamp&quot; &lt;b&gt;</textarea>" in page
    assert "Upload an image" in page


def test_a_form_without_words_is_refused_beside_them(writer: Client) -> None:
    answer = send(writer, HTML, alt="")

    assert answer.status_code == 422
    assert 'id="image-alt-errors"' in answer.content.decode()
    assert not Image.objects.exists()


def test_a_form_after_the_hours_allowance_says_when_to_come_back(
    writer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOBODYS_HOUR.replace(day=5), tick=False):
        refusal = limit_reached(writer, monkeypatch, HTML)

    assert refusal.status_code == 429
    assert "Try again in 41 minutes." in unescape(refusal.content.decode())


def test_a_form_of_who_may_not_write_gets_a_page(visitor: Client) -> None:
    sent_off, refused = send(Client(), HTML), send(visitor, HTML)

    assert sent_off["Location"] == f"/studio/login/?next={URL}"
    assert refused.status_code == 403
    assert "text/html" in refused["Content-Type"]
    assert not Image.objects.exists()


def test_a_login_in_between_leads_to_the_library(writer: Client) -> None:
    assert writer.get(URL)["Location"] == "/studio/images/"
    assert writer.get(URL, {"q": "lamp"})["Location"] == "/studio/images/?q=lamp"  # a link of a refusal's page
