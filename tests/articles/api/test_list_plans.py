"""The lists of the API are read from their indexes, on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import QuerySet

from articles.models import Article

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def archive(postgres_alias: str) -> str:
    """Three thousand articles, of which every tenth is a draft."""
    author = User.objects.using(postgres_alias).create(username="clarice")
    Article.objects.using(postgres_alias).bulk_create(
        Article(
            title="T", slug=f"t-{number}", body="Words. " * 50, author=author,
            status="published" if number % 10 else "draft", language="en" if number % 20 else "pt-br",
            published_at=START + timedelta(minutes=number),
        )
        for number in range(3000)
    )  # fmt: skip
    with connections[postgres_alias].cursor() as cursor:
        cursor.execute("UPDATE articles_article SET updated_at = published_at")
        cursor.execute("UPDATE articles_article SET language = 'pt-br' WHERE id % 20 = 1")
        cursor.execute("ANALYZE articles_article")
    return postgres_alias


def plan(articles: QuerySet[Article]) -> str:
    """How the database reads the first page."""
    shown = articles[:21].explain()
    assert "Sort" not in shown
    return shown


def test_every_page_of_both_public_lists_is_read_from_its_index(archive: str) -> None:
    articles = Article.objects.using(archive).published()
    middle = (START + timedelta(minutes=1500), 1500)

    for page in (articles.newest_first(), articles.older_than(middle).newest_first()):
        assert "Index Scan using article_public on" in plan(page)
        assert "Index Scan using article_public_by_language on" in plan(page.filter(language="pt-br"))


def test_every_page_of_the_drafts_is_read_from_its_index(archive: str) -> None:
    drafts = Article.objects.using(archive).filter(status="draft").order_by("-updated_at", "-id")
    moment = START + timedelta(minutes=1500)

    for page in (drafts, drafts.filter(updated_at__lte=moment).exclude(updated_at=moment, id__gte=1500)):
        assert "Index Scan using article_changed_in_status on" in plan(page)
