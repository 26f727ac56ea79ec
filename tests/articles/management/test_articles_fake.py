"""``manage.py articles_fake``: plausible articles in any number, removed without a trace."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from articles.content import Content, count_words
from articles.enums import Status
from articles.models import Article, Category, Revision, Tag
from articles.services.articles import content_check

Make = Callable[..., Article]


def fake(*args: Any, **options: Any) -> str:
    """Run the command; return what it says."""
    said = StringIO()
    call_command("articles_fake", *args, stdout=said, **options)
    return said.getvalue()


def test_articles_are_made_in_both_languages_mostly_published_and_valid(db: None) -> None:
    said = fake(300)

    assert "300 articles made" in said
    assert "manage.py search_rebuild" in said
    assert Article.objects.published().count() > 200
    assert {article.language for article in Article.objects.all()} == {"en", "pt-br"}
    assert set(Article.objects.values_list("status", flat=True)) == set(Status.values)
    for article in Article.objects.all()[:40]:
        content_check(article, article.content())
        assert article.words == count_words(article.body) > 40
        assert article.created_at == article.updated_at
    assert (
        Article.objects.order_by("created_at")[0].created_at.year
        < Article.objects.order_by("-pk")[0].created_at.year + 1
    )


def test_one_seed_writes_the_same_texts_and_another_others(db: None) -> None:
    fake(20, seed=7)
    first = list(Article.objects.order_by("pk").values_list("title", "body"))
    fake(remove=True)
    fake(20, seed=7)
    second = list(Article.objects.order_by("pk").values_list("title", "body"))
    fake(remove=True)
    fake(20, seed=8)

    assert first == second
    assert first != list(Article.objects.order_by("pk").values_list("title", "body"))


def test_only_what_was_made_is_removed(draft: Make) -> None:
    kept = draft(tags=("guides", "mine"))
    category = Category.objects.create(name="Mine", slug="mine")
    fake(50, language="en", revisions=True)
    assert Revision.objects.count() == 51

    said = fake(remove=True)

    assert "50 articles removed" in said
    assert list(Article.objects.all()) == [kept]
    assert list(Category.objects.all()) == [category]
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["guides", "mine"]
    assert Content.from_json(Revision.objects.get().content).title == kept.title


def test_articles_are_added_to_those_that_are_there(draft: Make) -> None:
    draft()
    fake(30)
    fake(30)

    assert Article.objects.count() == 61


@pytest.mark.parametrize("count", [0, -1, 10_000_001])
def test_a_number_that_is_none_is_refused(db: None, count: int) -> None:
    with pytest.raises(CommandError, match="number from 1"):
        fake(count)


def test_a_site_that_others_reach_is_left_alone_unless_one_is_sure(db: None, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["articles.example"]

    with pytest.raises(CommandError, match=r"articles\.example.*--yes"):
        fake(5)
    fake(5, yes=True)

    assert Article.objects.count() == 5
