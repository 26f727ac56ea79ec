"""What readers are given from the cache is what they would be given without it, whatever has just changed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.content import Content
from articles.models import Article, Category, Tag
from articles.selectors.sitemap import PAGE_IDS
from articles.services.articles import article_save
from articles.services.publishing import article_archive, article_publish, article_unpublish
from articles.services.removal import article_delete
from omniwriter.cache import renew
from omniwriter.cache.generations import ALL

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Article]
PAGES = (
    "/", "/en/", "/en/categories/light/", "/en/tags/lamps/", "/en/popular/", "/en/feed.atom", "/en/feed.rss",
    "/en/categories/light/feed.atom", "/sitemap.xml", "/sitemaps/lists-0.xml",
    "/articles/on-lamps/", "/articles/beside/",
)  # fmt: skip
CALLS = (
    "/api/articles", "/api/articles?category=light&limit=3", "/api/articles?tag=lamps", "/api/articles/popular",
    "/api/articles/search?q=lamps", "/api/categories", "/api/tags",
)  # fmt: skip


class World:
    """A category, a tag and two articles that show each other."""

    def __init__(self, published: Make) -> None:
        self.category = Category.objects.create(name="Light", slug="light")
        fields = {"category_id": self.category.pk, "tags": ("lamps",)}
        self.article = published("On lamps", body="About lamps.", **fields)
        self.beside = published("Beside", body="Also lamps.", **fields)
        self.author = self.article.author
        self.chief = User.objects.create_superuser("chief", password="a long password")
        self.addresses = (
            *PAGES,
            *CALLS,
            f"/sitemaps/articles-{self.article.pk // PAGE_IDS}.xml",
            f"/en/authors/{self.author.pk}-clarice-lima/",
            f"/api/articles/{self.article.pk}",
        )

    def change(self, **fields: Any) -> None:
        """Change the live article and publish the change."""
        self.article.refresh_from_db()
        content = self.article.content(("lamps",))
        given = {name: getattr(content, name) for name in content.__dataclass_fields__} | fields
        version = self.article.version
        article_save(article_id=self.article.pk, content=Content(**given), version=version, actor=self.chief)
        article_publish(article_id=self.article.pk, actor=self.chief)


@pytest.fixture
def world(published: Make) -> World:
    """What the changes below change."""
    return World(published)


def rename(row: Any, **fields: str) -> None:
    """Change fields of a row, as a form does."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


CHANGES: dict[str, Callable[[World], object]] = {
    "publish another": lambda world: article_publish(article_id=_draft(world).pk, actor=None),
    "change the live text": lambda world: world.change(title="On lanterns", body="About lanterns and lamps."),
    "move it": lambda world: world.change(slug="lanterns"),
    "unpublish": lambda world: article_unpublish(article_id=world.article.pk, actor=world.chief),
    "archive": lambda world: article_archive(article_id=world.article.pk, actor=world.chief),
    "delete": lambda world: article_delete(article_id=world.article.pk, actor=world.chief),
    "rename the category": lambda world: rename(world.category, name="Brightness", description="All that shines."),
    "add a category": lambda world: Category.objects.create(name="Zeal", slug="zeal"),
    "rename the tag": lambda world: rename(Tag.objects.get(slug="lamps"), name="Lanterns"),
    "rename the author": lambda world: rename(world.author, first_name="Ana"),
}


def _draft(world: World) -> Article:
    from articles.services.articles import article_create

    content = Content(title="A third", body="Lamps again.", category_id=world.category.pk, tags=("lamps",))
    return article_create(content=content, author=world.author)


def answers(addresses: tuple[str, ...]) -> dict[str, tuple[int, bytes]]:
    """Return what a reader without a session gets at each address."""
    found = {}
    for address in addresses:
        answer = Client().get(address)
        found[address] = (answer.status_code, answer.content)
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_every_address_answers_as_without_a_cache(valkey_cache: Any, world: World, change: str) -> None:
    before = answers(world.addresses)
    assert answers(world.addresses) == before
    assert all(Client().get(address)["X-Cache"] == "hit" for address in world.addresses)

    CHANGES[change](world)

    cached = answers(world.addresses)
    renew([ALL])
    assert cached == answers(world.addresses)
    assert cached != before


def test_what_a_writer_saves_behind_a_published_article_makes_nothing_old(valkey_cache: Any, world: World) -> None:
    answers(world.addresses)
    content = Content(title="On lamps", slug="on-lamps", body="Not public yet.", tags=("lamps",))
    article_save(article_id=world.article.pk, content=content, version=world.article.version, actor=world.chief)
    world.chief.save(update_fields=["last_login"])

    assert all(Client().get(address)["X-Cache"] == "hit" for address in world.addresses)


def test_one_article_published_leaves_the_documents_of_others_kept(valkey_cache: Any, world: World) -> None:
    document = f"/api/articles/{world.article.pk}"
    Client().get(document)
    article_publish(article_id=_draft(world).pk, actor=None)
    assert Client().get(document)["X-Cache"] == "hit"


def test_who_is_logged_in_gets_pages_of_their_own_and_lists_from_the_cache(
    valkey_cache: Any, world: World, editor: Client
) -> None:
    Client().get("/en/")
    answer = editor.get("/en/")
    assert answer["X-Cache"] == "bypass"
    assert b"/admin/" in answer.content
    assert b"/admin/" not in Client().get("/en/").content


def test_warming_makes_ready_what_the_first_pages_read(valkey_cache: Any, world: World) -> None:
    call_command("cache_warm", stdout=io.StringIO())

    for address in ("/en/", "/pt-br/", "/en/popular/", "/en/feed.atom", "/api/articles/popular"):
        with CaptureQueriesContext(connection) as queries:
            assert Client().get(address)["X-Cache"] == "miss"
        read = [
            query["sql"] for query in queries if '"articles_article"' in query["sql"] and "cover" not in query["sql"]
        ]
        assert not read, address
