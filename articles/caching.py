"""What cached values of articles depend on, and the changes that make them old.

Three namespaces are enough, as articles are published far more seldom than they are read: which articles are public and
what lists show of them, what one of them says, and the names that stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, post_save

from articles.models import Article, Category, Image, Tag
from articles.signals import live_changed
from omniwriter.cache import bump

ARTICLES = "articles"
NAMES = "names"
LISTS = (ARTICLES, NAMES)
#: The fields of each model whose change readers see beside articles, and the namespace they belong to.
_SEEN: dict[Any, tuple[str, frozenset[str]]] = {
    Category: (NAMES, frozenset({"name", "slug", "description"})),
    Tag: (NAMES, frozenset({"name", "slug"})),
    Image: (ARTICLES, frozenset({"alt", "focal_x_pct", "focal_y_pct", "variants"})),
    get_user_model(): (NAMES, frozenset({"first_name", "last_name"})),
}


def article_names(article_id: int) -> tuple[str, ...]:
    """Return what the document of one article depends on."""
    return (f"article:{article_id}", NAMES)


def connect() -> None:
    """Follow what readers see; connected after the search index, so that a search made anew finds what is new."""
    live_changed.connect(_article_changed, sender=Article, dispatch_uid="articles.caching")
    for model in _SEEN:
        post_save.connect(_saved, sender=model, dispatch_uid=f"articles.caching.{model.__name__}")
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"articles.caching.{model.__name__}")


def _article_changed(sender: Any, article_id: int, **kwargs: Any) -> None:
    bump(ARTICLES, f"article:{article_id}")


def _saved(sender: Any, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    namespace, seen = _SEEN[sender]
    if update_fields is None or seen & set(update_fields):  # a login saves the account, too
        bump(namespace)


def _deleted(sender: Any, **kwargs: Any) -> None:
    bump(_SEEN[sender][0])
