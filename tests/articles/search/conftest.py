"""Articles that are published through the services, with the index following as it does in production."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from articles.models import Article
from articles.selectors.search import article_search

Make = Callable[..., Article]


@pytest.fixture
def follow(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    """Call something and do what waits for the commit."""

    def call(step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return step(*args, **kwargs)

    return call


@pytest.fixture
def live(published: Make, follow: Callable[..., Any]) -> Make:
    """Publish an article that the index knows."""

    def make(title: str = "A quiet morning", **fields: Any) -> Article:
        article: Article = follow(published, title, **fields)
        return article

    return make


@pytest.fixture
def titles() -> Callable[..., list[str]]:
    """Search; return the titles found, best first."""

    def search(query: str, **options: Any) -> list[str]:
        return [hit.row.title for hit in article_search(query=query, **options).hits]

    return search
