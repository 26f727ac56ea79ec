"""Queries whose SQL is kept: they find what the same querysets find, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import override_settings

from articles.models import Article, Category, Revision, Tag
from articles.selectors.api import tags_of
from articles.selectors.prepared import Prepared, Values
from articles.selectors.public import ArticleRow, article_list

START = datetime(2026, 1, 1, tzinfo=UTC)
AWKWARD = '"a" \\ b\n\t\x1f é \u2028 😀'


class Everything:
    """Reads from one database."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Always that one."""
        return self.alias


@pytest.fixture(params=["default", "postgres"])
def archive(request: pytest.FixtureRequest, db: None) -> Iterator[str]:
    """Articles of two authors, languages, categories and tags in a database that is read from."""
    alias = request.getfixturevalue("postgres_alias") if request.param == "postgres" else "default"
    authors = [User.objects.using(alias).create(username=name, first_name=name) for name in ("ann", "bob")]
    categories = [Category.objects.using(alias).create(name=name, slug=name) for name in ("art", "law")]
    tags = [Tag.objects.using(alias).create(name=name, slug=name) for name in ("two", "one")]
    for number in range(24):
        article = Article.objects.using(alias).create(
            title=f"{number} {AWKWARD}", excerpt=AWKWARD, slug=f"t-{number}", author=authors[number % 2],
            status="published",
            language=("en", "pt-br")[number // 2 % 2], category=categories[number // 4 % 2],
            published_at=START + timedelta(minutes=number // 3), live_updated_at=START if number % 5 else None,
        )  # fmt: skip
        article.tags.set(tags[: number % 3])
    with override_settings(DATABASE_ROUTERS=[Everything(alias)]):
        yield alias


FILTERS: list[dict[str, Any]] = [
    {}, {"language": "en"}, {"category": "law"}, {"author": "bob"}, {"tag": "two"},
    {"language": "pt-br", "category": "art", "author": "ann", "tag": "one"},
]  # fmt: skip


@pytest.mark.parametrize("chosen", FILTERS, ids=str)
def test_every_page_of_every_list_is_what_the_queryset_has(archive: str, chosen: dict[str, Any]) -> None:
    ids = {
        "category": lambda slug: Category.objects.get(slug=slug).pk, "tag": lambda slug: Tag.objects.get(slug=slug).pk,
        "author": lambda name: User.objects.get(username=name).pk, "language": str,
    }  # fmt: skip
    wanted = {name: ids[name](value) for name, value in chosen.items()}
    names = {"tag": "tags"}
    rows = Article.objects.filter(**{names.get(name, name): value for name, value in wanted.items()})
    expected = [ArticleRow(*row) for row in rows.order_by("-published_at", "-id").values_list(*ArticleRow._fields)]

    found, older, newer = [], None, None
    while True:
        page = article_list.uncached(limit=3, before=older, **wanted)
        found += page.rows
        older = page.older
        if older is None:
            break
        newer = article_list.uncached(limit=3, after=older, **wanted)
        assert newer.rows[-1] == expected[len(found) - 2]

    assert found == expected
    assert all(row.published_at.utcoffset() == timedelta(0) for row in found)


def test_tags_are_those_of_each_article_by_name(archive: str) -> None:
    ids = list(Article.objects.order_by("pk").values_list("pk", flat=True))

    assert tags_of(article_ids=ids[:6]) == {ids[at]: [["two"], ["one", "two"]][at % 3 - 1] for at in (1, 2, 4, 5)}
    assert tags_of(article_ids=ids[1:2]) == {ids[1]: ["two"]}
    assert tags_of(article_ids=[]) == {}


def test_the_sql_is_written_once_for_each_form(db: None) -> None:
    built: list[Values] = []

    def build(values: Values) -> QuerySet[Article, Any]:
        built.append(values)
        return Article.objects.filter(**values).values_list("pk")

    prepared = Prepared(Article, build)
    for language in ("en", "pt-br", "xx"):
        prepared.rows({"language": language})
    prepared.rows({"language": "en"}, limit=5)
    prepared.rows({"words": 5})
    prepared.rows({"pk__in": [1, 2]})
    prepared.rows({"pk__in": [3, 4]})
    prepared.rows({"pk__in": [3]})

    assert len(built) == 5
    assert "en" not in str(built)


def test_a_column_that_would_come_out_differently_is_refused(db: None) -> None:
    prepared = Prepared(Revision, lambda values: Revision.objects.values_list("content"))

    with pytest.raises(TypeError, match="Ask through a queryset"):
        prepared.rows({})
