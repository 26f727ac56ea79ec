"""The index follows what readers see once it is committed; when it falls behind, the command brings it back."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from modelsearch.models import IndexEntry
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from articles.search.upkeep import index_rebuild
from articles.services.articles import article_save
from articles.services.publishing import article_publish

Make = Callable[..., Article]
Search = Callable[..., list[str]]
Follow = Callable[..., Any]


def rebuild(*options: str) -> str:
    said = io.StringIO()
    call_command("search_rebuild", *options, stdout=said)
    return said.getvalue()


def take(client: Client, article: Article, action: str) -> None:
    """Press a button of the studio."""
    version = Article.objects.values_list("version", flat=True).get(pk=article.pk)
    answer = client.post(f"/studio/articles/{article.pk}/step/", {"action": action, "version": version})
    assert answer.status_code == 302


def test_the_index_follows_the_steps_of_the_studio(editor: Client, draft: Make, titles: Search, follow: Follow) -> None:
    article = draft("Lamps")
    assert titles("lamps") == []

    for action, found in (("publish", ["Lamps"]), ("unpublish", []), ("publish", ["Lamps"]), ("archive", [])):
        follow(take, editor, article, action)
        assert titles("lamps") == found
        assert IndexEntry.objects.count() == len(found)


def test_the_index_follows_the_live_text_and_not_the_one_being_written(
    editor: Client, author: User, live: Make, titles: Search, follow: Follow
) -> None:
    article = live("Lamps", body="Of oil.")
    content = replace(article.working(), body="Of brass.", excerpt="", tags=("glow",))

    follow(article_save, article_id=article.pk, content=content, version=article.version, actor=author)
    assert (titles("oil"), titles("brass"), titles("glow")) == (["Lamps"], [], [])

    follow(take, editor, article, "publish")
    assert (titles("oil"), titles("brass"), titles("glow")) == ([], ["Lamps"], ["Lamps"])


def test_what_was_rolled_back_is_not_indexed(draft: Make, follow: Follow, titles: Search) -> None:
    class Undo(Exception):
        pass

    def publish_and_fail() -> None:
        with transaction.atomic():
            article_publish(article_id=draft("Lamps").pk, actor=None)
            raise Undo

    with pytest.raises(Undo):
        follow(publish_and_fail)

    assert titles("lamps") == []
    assert not IndexEntry.objects.exists()


def test_an_index_that_fails_keeps_nothing_from_being_published_and_is_mended_later(
    client: Client, draft: Make, follow: Follow, titles: Search, caplog: pytest.LogCaptureFixture
) -> None:
    article = draft("Lamps")
    table = connection.ops.quote_name(IndexEntry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO index_away")
        follow(article_publish, article_id=article.pk, actor=None)
        cursor.execute(f"ALTER TABLE index_away RENAME TO {table}")

    assert client.get("/articles/lamps/").status_code == 200
    assert f"Article {article.pk} could not be indexed; manage.py search_rebuild repairs that" in caplog.text
    assert titles("lamps") == []
    rebuild()
    assert titles("lamps") == ["Lamps"]


def test_a_rebuild_adds_what_is_missing_and_forgets_what_readers_do_not_see(
    live: Make, published: Make, titles: Search
) -> None:
    gone, stale = live("Lamps taken off"), live("Lamps of old")
    published("Lamps unheard of")
    Article.objects.filter(pk=gone.pk).update(status="draft", published_at=None)
    Article.objects.filter(pk=stale.pk).update(title="Lamps of today")
    with pytest.raises(CommandError, match="The index is not what is published"):
        rebuild("--check")

    assert rebuild().endswith("2 articles are indexed.\n")

    assert sorted(titles("lamps")) == ["Lamps of today", "Lamps unheard of"]
    assert titles("today") == ["Lamps of today"]
    assert rebuild("--check") == "2 published, 2 of them indexed, 0 left over.\n"


def test_a_rebuild_goes_by_batches_and_tells_how_far_it_is(published: Make, titles: Search) -> None:
    for number in range(5):
        published(f"Lamp {number}")

    assert rebuild("--batch", "2") == "2 of 5 (40 %)\n4 of 5 (80 %)\n5 of 5 (100 %)\n5 articles are indexed.\n"
    assert rebuild("--batch", "2").endswith("5 articles are indexed.\n")
    assert len(titles("lamp")) == 5


def test_a_rebuild_that_was_stopped_leaves_what_it_did(published: Make, titles: Search) -> None:
    for number in range(3):
        published(f"Lamp {number}")

    next(index_rebuild(batch=2))

    assert len(titles("lamp")) == 2


def test_a_batch_takes_the_same_queries_however_many_articles_it_has(
    published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("First")
    with CaptureQueriesContext(connection) as counted:
        rebuild()
    for number in range(8):
        published(f"Lamp {number}", tags=("light",))

    with django_assert_num_queries(len(counted)):
        rebuild()


def test_a_rebuild_of_a_site_without_articles_forgets_all(live: Make) -> None:
    Article.objects.filter(pk=live("Lamps").pk).update(status="draft", published_at=None)

    assert rebuild() == "0 articles are indexed.\n"
    assert not IndexEntry.objects.exists()


@pytest.mark.parametrize("batch", ["0", "-1"])
def test_a_batch_of_nothing_is_refused(db: None, batch: str) -> None:
    with pytest.raises(CommandError, match="--batch must be 1 or more"):
        rebuild("--batch", batch)
