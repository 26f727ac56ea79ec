"""Where views wait: in Valkey or in this process, empty; and how a page's beacon sends one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from articles.models import Article
from articles.popularity import counting
from articles.popularity.counting import MemoryCounter, View
from articles.services import views

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
Beacon = Callable[..., int]


@pytest.fixture
def in_memory(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No view waits, and none is due to be written by who reads."""
    kind = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": kind, "LOCATION": "popularity"}}
    monkeypatch.setattr(counting, "_memory", MemoryCounter())
    monkeypatch.setattr(views, "_flushed_at", time.monotonic())
    yield
    cache.clear()


@pytest.fixture
def in_valkey(settings: Any, valkey_url: str) -> None:
    """The cache is on a Valkey of its own."""
    settings.CACHES = {
        **settings.CACHES,
        "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": valkey_url},
    }


@pytest.fixture(params=["memory", "valkey"])
def counted(request: pytest.FixtureRequest) -> str:
    """Each place where views wait."""
    request.getfixturevalue(f"in_{request.param}")
    return str(request.param)


@pytest.fixture
def beacon(client: Client) -> Beacon:
    """Send what an article's page sends; return the status."""

    def send(article: Article | int, *, method: str = "POST", address: str = "192.0.2.1", **headers: str | None) -> int:
        pk = article.pk if isinstance(article, Article) else article
        sent = {"User-Agent": FIREFOX, "Sec-Fetch-Site": "same-origin"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        given = {name: value for name, value in sent.items() if value is not None}
        return client.generic(method, f"/api/articles/{pk}/view", headers=given, REMOTE_ADDR=address).status_code

    return send


def view(article: Article | int, reader: str = "one") -> View:
    """A view of an article by one of the readers."""
    pk = article.pk if isinstance(article, Article) else article
    return View(pk, reader, f"{reader}-{pk}")


def seen(article: Article) -> int:
    """How many views of an article are written."""
    return int(Article.objects.values_list("view_count", flat=True).get(pk=article.pk))
