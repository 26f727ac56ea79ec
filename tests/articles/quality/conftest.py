"""Articles that are published with the bands following, as in production."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from articles.models import Article

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
    """Publish an article that is compared with from now on."""

    def make(title: str = "A quiet morning", **fields: Any) -> Article:
        article: Article = follow(published, title, **fields)
        return article

    return make
