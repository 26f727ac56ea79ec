"""The images' files as a browser gets them: only what was made, for good, and nothing else of the disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Image

FOREVER = "public, max-age=31536000, immutable"
DIGEST = "0" * 64


@pytest.fixture
def image(stored: Callable[..., Image]) -> Image:
    """A stored image of two widths."""
    return stored(size=(500, 300))


@pytest.fixture
def image_address(image: Image) -> str:
    """The address of its JPEG."""
    return f"/media/images/{image.digest}/480.jpeg"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("480.avif", "image/avif"), ("500.webp", "image/webp"), ("480.jpeg", "image/jpeg"),
     ("social-50-50.jpeg", "image/jpeg")],
)  # fmt: skip
def test_a_file_is_kept_by_browsers_for_good(
    client: Client, image: Image, media: Path, name: str, content_type: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    with django_assert_num_queries(0):
        answer = client.get(f"/media/images/{image.digest}/{name}")

    data = (media / image.digest / name).read_bytes()
    assert answer.getvalue() == data
    assert (answer["Content-Type"], answer["Content-Length"]) == (content_type, str(len(data)))
    assert answer["Cache-Control"] == FOREVER
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.cookies
    assert not {"cookie", "accept-language"} & set(answer.get("Vary", "").lower().split(", "))


def test_every_address_that_a_page_announces_is_served(
    client: Client, image: Image, published: Callable[..., object]
) -> None:
    published("On lamps", cover_id=image.pk)

    page = client.get("/articles/on-lamps/").content.decode()

    announced = set(re.findall(r"/media/images/[0-9a-f]{64}/[-\w.]+", page))
    assert {address.rpartition("/")[2] for address in announced} == {item["name"] for item in image.variants}
    assert all(client.get(address).getvalue() for address in announced)


def test_a_browser_that_has_the_file_is_told_so(client: Client, image_address: str) -> None:
    first = client.get(image_address)
    first.close()

    for headers in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = client.get(image_address, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert (again["ETag"], again["Cache-Control"]) == (first["ETag"], FOREVER)


def test_a_browser_that_has_another_file_gets_this_one(client: Client, image_address: str) -> None:
    old = {"if-none-match": '"another"', "if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT"}

    for headers in (old, {"if-modified-since": "yesterday, or so"}):
        assert client.get(image_address, headers=headers).getvalue()


def test_two_files_have_two_tags(client: Client, image: Image) -> None:
    tags = set()
    for name in ("480.jpeg", "480.webp", "500.jpeg"):
        answer = client.get(f"/media/images/{image.digest}/{name}")
        answer.close()
        tags.add(answer["ETag"])

    assert len(tags) == 3


def test_who_asks_for_the_head_gets_the_head(client: Client, image_address: str) -> None:
    answer = client.head(image_address)

    assert (answer.status_code, answer.getvalue()) == (200, b"")
    assert int(answer["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nothing_is_sent_to_a_file(client: Client, image_address: str, method: str) -> None:
    assert getattr(client, method)(image_address).status_code == 405


@pytest.mark.parametrize(
    "name",
    ["481.jpeg", "480.jpg", "480.png", "480.JPEG", "0480.jpeg", "0.jpeg", "99999.jpeg", "480", "480.jpeg/", "", ".",
     "source.jpeg", "source.png", "social-0-0.jpeg", "social-30-50.webp", ".480.jpeg", "480.jpeg\n", "480.jpeg%00",
     "480.jpeg?/../source.jpeg#x"],
)  # fmt: skip
def test_names_that_were_never_made_are_not_found(client: Client, image: Image, name: str) -> None:
    answer = client.get(f"/media/images/{image.digest}/{quote(name, safe='/%')}")

    assert (answer.status_code, answer["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert answer["Cache-Control"] == "no-store"  # it may be made a moment later


@pytest.mark.parametrize(
    "path",
    ["", DIGEST, f"{DIGEST}/480.jpeg", f"{DIGEST[1:]}/480.jpeg", "../secret.jpeg", "../../480.jpeg",
     f"{DIGEST}/../../480.jpeg", f"{DIGEST}/..%2f..%2f480.jpeg", "..%5c480.jpeg", "%2e%2e/480.jpeg", "/etc/passwd",
     "//etc/passwd", ".staging-x/480.jpeg", f"{DIGEST}%00/480.jpeg", "C:/480.jpeg", f"./{DIGEST}/480.jpeg",
     "....//480.jpeg", "%c0%ae%c0%ae/480.jpeg"],
)  # fmt: skip
def test_no_path_leads_out_of_the_images(client: Client, media: Path, path: str) -> None:
    media.mkdir(parents=True)
    for outside in (media.parent / "480.jpeg", media.parent / "secret.jpeg", media / "480.jpeg"):
        outside.write_bytes(b"secret")
    (media / ".staging-x").mkdir()
    (media / ".staging-x" / "480.jpeg").write_bytes(b"secret")

    answer = client.get(f"/media/images/{path}")

    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_a_folder_in_the_place_of_a_file_is_not_found(client: Client, media: Path) -> None:
    (media / DIGEST / "480.jpeg").mkdir(parents=True)

    assert client.get(f"/media/images/{DIGEST}/480.jpeg").status_code == 404
