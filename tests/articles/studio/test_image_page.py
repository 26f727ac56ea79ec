"""One image's page: what there is of it, where it is used, and who may change its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Image
from articles.services.articles import article_save

Make = Callable[..., Article]
Store = Callable[..., Image]
HTML = {"accept": "text/html"}


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


def change(client: Client, image: Image, **fields: Any) -> Any:
    given = {"alt": "A brass lamp", "focal_x_pct": "10", "focal_y_pct": "20"} | fields
    return client.post(f"/studio/images/{image.pk}/", given, headers=HTML)


def test_the_page_of_an_image_tells_what_there_is_of_it(writer: Client, image: Image, image_address: str) -> None:
    shown = page(writer, f"/studio/images/{image.pk}/")

    assert "64 × 48 px" in shown
    assert "Clarice Lima" in shown
    assert f"![A lamp on a table]({image_address})" in shown
    assert 'name="focal_x_pct" min="0" max="100" step="1" required value="30"' in shown
    assert "No article shows it." in shown


def test_it_lists_the_articles_that_show_it_or_will(
    reviewer: Client, author: User, image: Image, image_address: str, draft: Make, published: Make
) -> None:
    text = f"![A lamp]({image_address})"
    draft("In the text", body=text)
    published("As the cover", cover_id=image.pk)
    changed = published("Behind a live text")
    content = replace(changed.working(), body=text)
    article_save(article_id=changed.pk, content=content, version=changed.version, actor=author)
    draft("Elsewhere")

    shown = page(reviewer, f"/studio/images/{image.pk}/")

    assert all(f">{title}</a>" in shown for title in ("In the text", "As the cover", "Behind a live text"))
    assert "Elsewhere" not in shown
    assert "Published · cover" in shown


def test_it_does_not_tell_of_articles_that_the_account_may_not_read(
    writer: Client, reviewer_account: User, image: Image, draft: Make, published: Make
) -> None:
    draft("A secret plan", cover_id=image.pk, author=reviewer_account)
    published("A public one", cover_id=image.pk, author=reviewer_account)
    draft("One of her own", cover_id=image.pk)

    shown = page(writer, f"/studio/images/{image.pk}/")

    assert "A secret plan" not in shown
    assert "A public one" in shown
    assert "One of her own" in shown


def test_the_page_of_an_image_takes_the_same_few_queries_however_many_show_it(
    editor: Client, image: Image, draft: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        draft(f"Number {number}", cover_id=image.pk)
    page(editor, f"/studio/images/{image.pk}/")

    with django_assert_num_queries(5):  # user, number in review, image, who uploaded it, its articles
        page(editor, f"/studio/images/{image.pk}/")


@pytest.mark.parametrize("number", ["0", "999", "9" * 25])
def test_an_image_that_is_not_there_is_not_found(writer: Client, number: str) -> None:
    assert writer.get(f"/studio/images/{number}/").status_code == 404


@pytest.mark.parametrize("who", ["writer", "reviewer"])
def test_who_uploaded_it_and_editors_change_its_words_and_its_focal_point(
    request: pytest.FixtureRequest, image: Image, who: str
) -> None:
    client = request.getfixturevalue(who)

    answer = change(client, image)

    assert (answer.status_code, answer["Location"]) == (302, f"/studio/images/{image.pk}/")
    assert "The image is saved." in page(client, answer["Location"])
    image.refresh_from_db()
    assert (image.alt, image.focal_x_pct, image.focal_y_pct) == ("A brass lamp", 10, 20)
    assert client.get(f"/media/images/{image.digest}/social-10-20.jpeg").getvalue()


def test_others_may_look_at_it_and_no_more(image: Image) -> None:
    other = User.objects.create_user("rosa", password="a long password")
    other.groups.add(Group.objects.get(name="Writers"))
    client = Client()
    client.force_login(other)

    assert "Only who uploaded it and editors" in page(client, f"/studio/images/{image.pk}/")
    assert change(client, image).status_code == 403
    image.refresh_from_db()
    assert image.alt == "A lamp on a table"


@pytest.mark.parametrize(
    ("fields", "names"),
    [({"alt": "  "}, ["alt"]), ({"focal_x_pct": ""}, ["focal_x_pct"]), ({"focal_y_pct": "1e9"}, ["focal_y_pct"]),
     ({"alt": "x" * 301, "focal_x_pct": "101"}, ["alt", "focal_x_pct"])],
)  # fmt: skip
def test_a_refused_change_keeps_what_was_typed(
    writer: Client, image: Image, fields: dict[str, str], names: list[str]
) -> None:
    answer = change(writer, image, **fields)

    assert answer.status_code == 422
    assert sorted(answer.context["errors"]) == names
    assert "A lamp on a table</h1>" in answer.content.decode()
    assert all(text.strip() in answer.content.decode() for text in fields.values())
    image.refresh_from_db()
    assert (image.alt, image.focal_x_pct) == ("A lamp on a table", 30)


def test_html_in_the_words_is_text_on_every_page(writer: Client, stored: Store) -> None:
    words = '"><img src=x onerror=alert(1)>'
    image = stored(alt=words, size=(64, 48))

    for address in ("/studio/images/", "/studio/images/?part=picker", f"/studio/images/{image.pk}/"):
        shown = writer.get(address, headers=HTML).content.decode()
        assert "&lt;img src=x onerror=alert(1)&gt;" in shown
        assert "<img src=x" not in shown
