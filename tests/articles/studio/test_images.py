"""The library of images and the editor's picker: newest first, searched, a page at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Image
from articles.studio.images import PAGE_IMAGES

Store = Callable[..., Image]
HTML = {"accept": "text/html"}


@pytest.fixture
def shelf(author: User) -> Callable[[int], list[Image]]:
    """Make rows of images without their files, oldest first."""

    def make(number: int) -> list[Image]:
        file = {"name": "64.jpeg", "width": 64, "height": 48, "format": "jpeg", "bytes": 900}
        return [
            Image.objects.create(
                digest=f"{n:064x}", name=f"{n}.jpg", alt=f"Lamp {n}", width=64, height=48, variants=[file],
                uploaded_by=author,
            )
            for n in range(number)
        ]  # fmt: skip

    return make


@pytest.fixture
def image(stored: Store) -> Image:
    """A small image of Clarice's."""
    return stored(alt="A lamp on a table", focal_x_pct=30, size=(64, 48))


@pytest.fixture
def image_address(image: Image) -> str:
    """The address of its JPEG."""
    return f"/media/images/{image.digest}/64.jpeg"


def page(client: Client, address: str, **asked: str) -> str:
    answer = client.get(address, asked, headers=HTML)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_library_says_what_to_do(writer: Client) -> None:
    assert "No image has been uploaded yet" in page(writer, "/studio/images/")


def test_the_library_shows_images_newest_first_with_older_ones_behind_a_link(
    writer: Client, shelf: Callable[[int], list[Image]]
) -> None:
    images = shelf(PAGE_IMAGES + 2)

    first = writer.get("/studio/images/", headers=HTML)
    older = first.context["page"].older

    assert [image.pk for image in first.context["page"].images] == [image.pk for image in images[:1:-1]]
    assert f'href="?before={older}"' in first.content.decode()
    rest = writer.get("/studio/images/", {"before": older}, headers=HTML).context["page"]
    assert ([image.pk for image in rest.images], rest.older) == ([images[1].pk, images[0].pk], None)


def test_a_full_page_without_older_images_has_no_link(writer: Client, shelf: Callable[[int], list[Image]]) -> None:
    shelf(PAGE_IMAGES)

    assert "Older images" not in page(writer, "/studio/images/")


@pytest.mark.parametrize("before", ["x", "1", "1-", "-1-1", "1-1-1", "9" * 18 + "-1", "1-" + "9" * 19, ""])
def test_a_cursor_that_is_none_is_not_found(writer: Client, before: str) -> None:
    assert writer.get("/studio/images/", {"before": before}).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "found"), [("brass", [1]), ("LAMP", [0, 1]), ("two.jpg", [1]), ("%", []), ("_", [])]
)
def test_a_search_finds_words_of_the_description_and_of_the_file_name(
    writer: Client, shelf: Callable[[int], list[Image]], wanted: str, found: list[int]
) -> None:
    first, second = shelf(2)
    Image.objects.filter(pk=second.pk).update(alt="A brass lamp", name="two.jpg")

    answer = writer.get("/studio/images/", {"q": f" {wanted}\x00 "})

    assert {item["id"] for item in answer.json()["images"]} == {(first, second)[number].pk for number in found}


def test_a_search_goes_on_to_its_next_page_and_says_when_nothing_is_found(
    writer: Client, shelf: Callable[[int], list[Image]]
) -> None:
    shelf(PAGE_IMAGES + 1)

    assert "&amp;q=lamp" in page(writer, "/studio/images/", q="lamp")
    nothing = page(writer, "/studio/images/", q='"><script>')
    assert "No image has these words" in nothing
    assert "<script>alert" not in nothing
    assert 'value="&quot;&gt;&lt;script&gt;"' in nothing


def test_scripts_get_the_list_as_json(writer: Client, image: Image, image_address: str) -> None:
    for answer in (writer.get("/studio/images/"), writer.get("/studio/images/", {"format": "json"}, headers=HTML)):
        (item,) = answer.json()["images"]
        assert answer.json()["older"] is None
        assert (item["id"], item["alt"], item["url"]) == (image.pk, "A lamp on a table", image_address)
        assert item["markdown"] == f"![A lamp on a table]({image_address})"
        assert item["thumbnail"].endswith("/64.jpeg")


def test_the_picker_is_a_part_of_a_page(writer: Client, image: Image, image_address: str) -> None:
    part = page(writer, "/studio/images/", part="picker")

    assert "<html" not in part
    assert f'data-image="{image.pk}"' in part
    assert f'data-markdown="![A lamp on a table]({image_address})"' in part
    assert "<picture>" in part


def test_the_pickers_older_images_are_a_part_too(writer: Client, shelf: Callable[[int], list[Image]]) -> None:
    shelf(PAGE_IMAGES + 1)

    assert "&amp;part=picker" in page(writer, "/studio/images/", part="picker")


def test_the_library_is_for_who_writes(visitor: Client, image: Image) -> None:
    for address in ("/studio/images/", f"/studio/images/{image.pk}/"):
        assert visitor.get(address).status_code == 403
        assert Client().get(address)["Location"].startswith("/studio/login/")


def test_a_page_of_many_images_takes_the_queries_of_one(
    editor: Client, shelf: Callable[[int], list[Image]], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shelf(PAGE_IMAGES + 1)
    page(editor, "/studio/images/")

    with django_assert_num_queries(3):  # user, number in review, images
        page(editor, "/studio/images/")
    with django_assert_num_queries(2):
        editor.get("/studio/images/")
