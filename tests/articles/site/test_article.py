"""The article's page, as a reader asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Category, Image
from articles.services.articles import article_save
from articles.services.publishing import article_archive, article_publish, article_unpublish

Make = Callable[..., Article]
LONG = "\n\n".join(f"## Part {number}\n\n" + "Words and more words. " * 60 for number in range(1, 5))


def body(client: Client, address: str) -> str:
    """A page's text."""
    return client.get(address).content.decode()


@pytest.fixture
def chief(db: None) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("chief", password="a long password")


def test_an_article_is_three_queries_and_shows_its_text_author_and_date(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("On lamps", body="They *glow*.")

    with django_assert_num_queries(3):  # the article, its tags, the categories of the header
        page = body(client, "/articles/on-lamps/")

    assert "<em>glow</em>" in page
    assert "Clarice Lima" in page
    assert '<time datetime="2026-03-01T12:01:00+00:00">March 1, 2026</time>' in page
    assert "1 min read" in page
    assert "clarice<" not in page


def test_one_with_all_there_is_takes_six(
    client: Client, published: Make, image: Image, image_address: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    category = Category.objects.create(name="Light", slug="light")
    whole = {"category_id": category.pk, "tags": ("lamps", "rooms"), "cover_id": image.pk}
    for number in range(4):
        published(f"Number {number}", **whole)
    article = published("On lamps", body=f"![A lamp]({image_address})", **whole)

    with django_assert_num_queries(6):  # article, pictures of the text, tags, related, their covers, categories
        page = body(client, article.get_absolute_url())

    assert page.count("<picture>") == 5
    assert page.count('fetchpriority="high"') == 1
    assert 'href="/en/tags/lamps/" rel="tag"' in page
    assert 'href="/en/categories/light/"' in page


def test_its_frame_is_in_its_own_language_whatever_the_readers(client: Client, published: Make) -> None:
    published("Sobre lâmpadas", language="pt-br")

    answer = client.get("/articles/sobre-lampadas/", headers={"accept-language": "en"})
    page = answer.content.decode()

    assert '<html lang="pt-br">' in page
    assert "Ir para o conteúdo" in page
    assert "1 de março de 2026" in page
    assert answer.headers["Content-Language"] == "pt-br"
    assert answer.headers["Vary"] == "Cookie"  # who is logged in gets another
    assert not answer.cookies
    assert 'href="/en/" hreflang="en"' in page


@pytest.mark.parametrize(
    ("origin", "label"),
    [("human", "Written by a person"), ("assisted", "Written with AI assistance"), ("ai", "Written by AI")],
)
def test_who_wrote_it_is_said_plainly(client: Client, published: Make, origin: str, label: str) -> None:
    assert f">{label}</span>" in body(client, published(origin=origin).get_absolute_url())


def test_a_later_change_of_the_live_text_is_dated(client: Client, published: Make, chief: User) -> None:
    article = published()
    assert "Updated" not in body(client, article.get_absolute_url())

    with time_machine.travel(datetime(2026, 4, 2, 9, tzinfo=UTC), tick=False):
        changed = replace(article.content(), body="Other words.")
        saved = article_save(article_id=article.pk, content=changed, version=article.version, actor=chief)
        assert "Other words." not in body(client, article.get_absolute_url())
        article_publish(article_id=saved.pk, actor=chief)

    page = body(client, article.get_absolute_url())
    assert re.search(r"Updated <time [^>]+>April 2, 2026</time>", page)
    assert "March 1, 2026" in page


def test_a_long_text_has_a_table_of_contents_whose_links_lead_somewhere(client: Client, published: Make) -> None:
    long, short = published("Long", body=LONG), published("Short", body="## One\n\n## Two\n\n## Three")

    page = body(client, long.get_absolute_url())

    anchors = re.findall(r'<li><a href="#([^"]+)">Part \d</a></li>', page)
    assert len(anchors) == 4
    assert all(f'id="{anchor}"' in page for anchor in anchors)
    assert 'class="contents"' not in body(client, short.get_absolute_url())


def test_an_excerpt_of_its_own_stands_above_the_text_and_one_made_from_it_does_not(
    client: Client, published: Make
) -> None:
    own, made = published("Own", excerpt="Said before."), published("Made", body="First paragraph.\n\nSecond.")

    assert '<p class="standfirst">Said before.</p>' in body(client, own.get_absolute_url())
    assert "standfirst" not in body(client, made.get_absolute_url())


def test_related_ones_share_tags_first_then_the_category_and_only_public_ones_of_the_language(
    client: Client, draft: Make, published: Make
) -> None:
    category = Category.objects.create(name="Light", slug="light")
    published("Same category", category_id=category.pk)
    published("Two tags", tags=("lamps", "rooms"))
    published("One tag", tags=("rooms",))
    published("Portuguese", tags=("lamps", "rooms"), language="pt-br")
    published("Nothing shared")
    draft("Hidden", tags=("lamps", "rooms"), category_id=category.pk)
    article = published("On lamps", tags=("lamps", "rooms"), category_id=category.pk)

    found = re.findall(r"<h3><a [^>]+>(.*?)</a></h3>", body(client, article.get_absolute_url()))

    assert found == ["Two tags", "One tag", "Same category"]


def test_hostile_titles_excerpts_and_texts_reach_the_reader_as_text(client: Client, published: Make) -> None:
    hostile = "<script>alert('x')</script>"
    article = published(hostile, body=hostile, excerpt=f'"{hostile}', tags=(hostile,))

    for address in ("/en/", article.get_absolute_url()):
        page = body(client, address)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_draft_is_not_found_for_readers_and_marked_for_those_who_may_view_it(
    client: Client, author: User, draft: Make
) -> None:
    address = draft().get_absolute_url()
    assert client.get(address).status_code == 404
    stranger = User.objects.create_user("stranger")
    client.force_login(stranger)
    assert client.get(address).status_code == 404

    stranger.user_permissions.add(Permission.objects.get(codename="view_article"))
    for account in (stranger, author):
        client.force_login(account)
        page = client.get(address)
        assert page.status_code == 200
        assert "Readers can't see this article." in page.content.decode()
        assert page.headers["Cache-Control"] == "private, no-store"
        assert "data-view-url" not in page.content.decode()
        assert '<meta name="robots" content="noindex, nofollow">' in page.content.decode()


def test_a_former_address_leads_to_the_present_one_for_ever(client: Client, published: Make, chief: User) -> None:
    article = published("On lamps")
    for slug in ("on-lights", "on-light"):
        article.refresh_from_db()
        changed = replace(article.content(), slug=slug)
        article_save(article_id=article.pk, content=changed, version=article.version, actor=chief)
        article_publish(article_id=article.pk, actor=chief)

    for former in ("on-lamps", "on-lights"):
        answer = client.get(f"/articles/{former}/")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/articles/on-light/")

    article_unpublish(article_id=article.pk, actor=chief)
    assert client.get("/articles/on-lamps/").status_code == 404


def test_a_draft_that_took_a_former_address_does_not_hide_where_it_led(
    client: Client, draft: Make, published: Make, chief: User
) -> None:
    article = published("On lamps")
    changed = replace(article.content(), slug="on-lights")
    article_save(article_id=article.pk, content=changed, version=article.version, actor=chief)
    article_publish(article_id=article.pk, actor=chief)
    draft("New", slug="on-lamps")

    assert client.get("/articles/on-lamps/").headers["Location"] == "/articles/on-lights/"


def test_an_archived_one_is_gone_and_says_so_in_the_readers_language(
    client: Client, draft: Make, published: Make, chief: User
) -> None:
    once, never = published("Once"), draft("Never")
    for article in (once, never):
        article_archive(article_id=article.pk, actor=chief)

    answer = client.get(once.get_absolute_url(), headers={"accept-language": "pt-BR"})
    assert answer.status_code == 410
    assert '<html lang="pt-br">' in answer.content.decode()
    assert client.get(never.get_absolute_url()).status_code == 404


def test_the_edit_link_is_for_who_may_edit(client: Client, editor: Client, published: Make) -> None:
    article = published()

    assert "/studio/articles/" not in body(client, article.get_absolute_url())
    assert f'href="/studio/articles/{article.pk}/"' in body(editor, article.get_absolute_url())


def test_the_article_says_where_its_reading_is_counted(client: Client, published: Make) -> None:
    article = published()

    assert f'data-view-url="/api/articles/{article.pk}/view"' in body(client, article.get_absolute_url())


@pytest.mark.parametrize(
    "address", ["/articles/none/", "/articles/", "/articles/a b/", "/articles/x", "/articles/%00/"]
)
def test_unknown_addresses_are_not_found(client: Client, db: None, address: str) -> None:
    assert client.get(address, follow=True).status_code == 404
