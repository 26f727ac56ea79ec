"""POST /api/images."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Picture

from articles.models import Image
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, Program, refused

URL = "/api/images"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    """Keep the files apart."""
    settings.MEDIA_ROOT = tmp_path


def picture(colour: str = "red", name: str = "lamp.png") -> SimpleUploadedFile:
    """A small picture."""
    data = io.BytesIO()
    Picture.new("RGB", (640, 480), colour).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), content_type="image/png")


def send(program: Program, body: dict[str, Any], **headers: str) -> Any:
    """Upload as a form."""
    sent = {
        "Authorization": f"Bearer {program.raw}",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return Client().post(URL, body, headers=sent)


def test_an_upload_is_an_image_with_the_markdown_that_shows_it(author: User, program: MakeProgram) -> None:
    answer = send(program(author), {"file": picture(), "alt": "A lamp", "focal_x_pct": 10})

    body, image = answer.json(), Image.objects.get()
    assert answer.status_code == 201
    assert (body["id"], body["alt"], body["width"], body["height"]) == (image.pk, "A lamp", 640, 480)
    assert body["markdown"] == f"![A lamp]({body['url']})"
    assert (image.uploaded_by, image.focal_x_pct, image.focal_y_pct) == (author, 10, 50)
    served = Client().get(body["url"])
    assert (served.status_code, served.headers["Content-Type"]) == (200, "image/jpeg")
    served.close()


def test_the_address_of_a_large_picture_is_one_that_is_served(author: User, program: MakeProgram) -> None:
    data = io.BytesIO()
    Picture.new("RGB", (2000, 1500), "red").save(data, "PNG")
    large = SimpleUploadedFile("lamp.png", data.getvalue(), content_type="image/png")

    url = send(program(author), {"file": large, "alt": "A lamp"}).json()["url"]

    served = Client().get(url)
    assert served.status_code == 200
    assert "Accept-Language" not in served.headers.get("Vary", "")
    served.close()


def test_an_account_uploads_so_much_an_hour_and_is_told_when_it_may_go_on(
    author: User, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("articles.images.allowance.MAX_BYTES", 1_000)
    writer = program(author)

    refusal = send(writer, {"file": picture(), "alt": "A lamp"})
    while refusal.status_code == 201:
        refusal = send(writer, {"file": picture(), "alt": "A lamp"})

    assert refusal.status_code == 429
    assert 0 < int(refusal.headers["Retry-After"]) <= 3600
    assert refusal.headers["Content-Type"] == "application/problem+json"


def test_an_upload_can_be_the_cover_of_an_article(author: User, program: MakeProgram) -> None:
    writer = program(author)
    image = send(writer, {"file": picture(), "alt": "A lamp"}).json()

    cover = writer.post("/api/articles", {"title": "On lamps", "cover_id": image["id"]}).json()["cover"]

    assert cover == {name: image[name] for name in ("id", "alt", "width", "height", "url")}


def test_the_same_key_uploads_once(author: User, program: MakeProgram) -> None:
    writer = program(author)
    first = send(writer, {"file": picture(), "alt": "A lamp"}, Idempotency_Key="k")

    again = send(writer, {"file": picture(), "alt": "A lamp"}, Idempotency_Key="k")
    other = send(writer, {"file": picture("blue"), "alt": "A lamp"}, Idempotency_Key="k")

    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert refused(other) == ["Idempotency-Key"]
    assert Image.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alt": ""}, "alt"),
        ({"alt": " "}, "alt"),
        ({"alt": "\x00"}, "alt"),
        ({"alt": "x" * 301}, "alt"),
        ({"focal_x_pct": 101}, "focal_x_pct"),
        ({"focal_y_pct": "left"}, "focal_y_pct"),
        ({"file": SimpleUploadedFile("lamp.png", b"no picture", content_type="image/png")}, "file"),
        ({"file": SimpleUploadedFile("lamp.png", b"", content_type="image/png")}, "file"),
        ({"file": "text"}, "file"),
        ({"title": "Lamp"}, "title"),
    ],
)
def test_a_bad_upload_is_refused_by_the_name_of_its_field(
    author: User, program: MakeProgram, change: dict[str, Any], field: str
) -> None:
    answer = send(program(author), {"file": picture(), "alt": "A lamp", **change})

    assert field in refused(answer)
    assert not Image.objects.exists()


def test_who_may_not_upload_is_refused(author: User, program: MakeProgram) -> None:
    body = {"file": picture(), "alt": "A lamp"}

    assert Client().post(URL, body).status_code == 401
    assert send(program(author, Scope.WRITE), body).status_code == 403
    assert send(program(User.objects.create_user("reader")), body).status_code == 403


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp", 422),
        ("multipart/form-data; boundary=\xe9", b"x", 400),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    author: User, program: MakeProgram, content_type: str, body: bytes, status: int
) -> None:
    headers = {"Authorization": f"Bearer {program(author).raw}"}

    answer = Client().generic("POST", URL, body, content_type=content_type, headers=headers)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
