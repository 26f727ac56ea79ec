"""The <picture> of a page: each format announced with its widths, its measures, and words that stay words."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.models import Article, Image
from articles.services.images import image_store, image_update
from tests.fixtures.images import picture_bytes, upload

Make = Callable[..., Article]


@pytest.fixture
def image(stored: Callable[..., Image]) -> Image:
    """A stored image of two widths, with its focal point left of the middle."""
    return stored(alt="A lamp on a table", focal_x_pct=30, size=(500, 300))


class Pictures(HTMLParser):
    """The elements of each <picture> of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[list[tuple[str, dict[str, str | None]]]] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "picture":
            self._open = True
            self.found.append([])
        elif self._open:
            self.found[-1].append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "picture"


def cover(client: Client, published: Make, image: Image) -> list[tuple[str, dict[str, str | None]]]:
    """Return the elements of the cover on its article's page."""
    page = client.get(published("On lamps", cover_id=image.pk).get_absolute_url()).content.decode()
    (elements,) = Pictures(page).found
    return elements


def srcset(image: Image, fmt: str) -> str:
    return ", ".join(f"/media/images/{image.digest}/{width}.{fmt} {width}w" for width in (480, 500))


def test_a_browser_is_offered_avif_then_webp_then_jpeg_in_every_width(
    client: Client, published: Make, image: Image
) -> None:
    (_, avif), (_, webp), (tag, shown) = cover(client, published, image)

    assert (avif["type"], avif["srcset"]) == ("image/avif", srcset(image, "avif"))
    assert (webp["type"], webp["srcset"]) == ("image/webp", srcset(image, "webp"))
    assert (tag, shown["srcset"]) == ("img", srcset(image, "jpeg"))
    assert shown["src"] == f"/media/images/{image.digest}/500.jpeg"
    assert avif["sizes"] == webp["sizes"] == shown["sizes"]
    assert (shown["width"], shown["height"]) == ("500", "300")
    assert (shown["alt"], shown["fetchpriority"]) == ("A lamp on a table", "high")
    assert "loading" not in shown


def test_before_a_worker_came_it_is_offered_the_jpeg(
    client: Client, published: Make, media: Path, author: User
) -> None:
    image = image_store(file=upload(picture_bytes(size=(64, 48))), alt="A lamp", actor=author)

    ((tag, shown),) = cover(client, published, image)

    assert (tag, shown["srcset"]) == ("img", f"/media/images/{image.digest}/64.jpeg 64w")


def test_words_with_html_stay_words(client: Client, published: Make, stored: Callable[..., Image]) -> None:
    words = "\"><script>alert(1)</script> & 'quotes'"
    *_, (tag, shown) = cover(client, published, stored(alt=words, size=(64, 48)))

    assert (tag, shown["alt"]) == ("img", words)


@pytest.mark.parametrize(
    ("focal", "classes"),
    [((50, 50), set()), ((0, 100), {"focal-x-0", "focal-y-100"}), ((34, 35), {"focal-x-30", "focal-y-40"}),
     ((46, 54), set())],
)  # fmt: skip
def test_what_matters_in_it_is_a_class(
    client: Client, published: Make, image: Image, author: User, focal: tuple[int, int], classes: set[str]
) -> None:
    image_update(image_id=image.pk, alt="A lamp", focal_x_pct=focal[0], focal_y_pct=focal[1], actor=author)

    *_, (_, shown) = cover(client, published, image)

    assert {name for name in (shown.get("class") or "").split() if name.startswith("focal")} == classes


def test_other_sites_are_told_of_the_crop_around_what_matters(client: Client, published: Make, image: Image) -> None:
    page = client.get(published("On lamps", cover_id=image.pk).get_absolute_url()).content.decode()

    assert f"/media/images/{image.digest}/social-30-50.jpeg" in page
    assert '<meta property="og:image:width" content="500">' in page
    assert '<meta property="og:image:height" content="262">' in page


@pytest.mark.parametrize(
    "variants", [[], [{"name": "64.webp", "width": 64, "height": 48, "format": "webp", "bytes": 9}]]
)
def test_an_image_without_its_jpeg_shows_nothing_rather_than_a_hole(
    client: Client, published: Make, image: Image, variants: list[dict[str, Any]]
) -> None:
    Image.objects.update(variants=variants)

    page = client.get(published("On lamps", cover_id=image.pk).get_absolute_url())

    assert page.status_code == 200
    assert "<picture>" not in page.content.decode()


def test_a_new_description_reaches_the_pages_of_its_articles(
    client: Client, published: Make, image: Image, author: User, django_capture_on_commit_callbacks: Any
) -> None:
    address = published("On lamps", cover_id=image.pk).get_absolute_url()
    client.get(address)

    with django_capture_on_commit_callbacks(execute=True):
        image_update(image_id=image.pk, alt="A brass lamp", focal_x_pct=50, focal_y_pct=50, actor=author)

    assert 'alt="A brass lamp"' in client.get(address).content.decode()
