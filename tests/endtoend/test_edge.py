"""Answers from memory in two web processes: what one of them changes, the next reader in either of them sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User

from articles.content import Content
from articles.services.articles import article_create
from articles.services.tokens import token_create
from articles.tokens import Scope

pytestmark = pytest.mark.timeout(180)

ROUNDS = 12
READERS = 3
PAUSE_S = 0.002
PATHS = ("/api/articles", "/en/")
TITLE = "On lamps"


def shows(answer: httpx.Response) -> bool:
    """Whether the article is on a list."""
    assert answer.status_code == 200
    return TITLE in answer.text


def from_memory(answer: httpx.Response) -> bool:
    """Whether Django was not asked: it tells every caller of the API where it stands."""
    return answer.headers["x-cache"] == "hit" and "ratelimit-limit" not in answer.headers


@contextmanager
def readers(urls: list[str]) -> Iterator[list[bool]]:
    """Read the list all the time, so that there is always an answer being made; says which came from memory."""
    stop, seen = threading.Event(), []

    def read(url: str) -> None:
        with httpx.Client() as client:
            while not stop.wait(PAUSE_S):
                seen.append(from_memory(client.get(f"{url}{PATHS[0]}")))

    threads = [threading.Thread(target=read, args=(urls[number % len(urls)],)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(15)


def test_what_one_process_publishes_or_takes_back_the_next_reader_sees_in_each(
    cluster_of: Any, valkey_url: str
) -> None:
    cluster = cluster_of(valkey_url)
    urls = [f"http://127.0.0.1:{cluster.web()}" for _ in range(2)]
    author = User.objects.create_superuser("ana", password="a long password")
    article = article_create(content=Content(title=TITLE, body="Words."), author=author)
    token = token_create(user=author, scopes=tuple(Scope))[1]
    old: list[str] = []

    with readers(urls) as seen, httpx.Client(headers={"Authorization": f"Bearer {token}"}) as editor:
        for number in range(ROUNDS):
            for step, is_public in (("publish", True), ("unpublish", False)):
                answer = editor.post(f"{urls[number % 2]}/api/articles/{article.pk}/{step}")
                assert answer.status_code == 200, answer.text
                asked = [f"{url}{path}" for path in PATHS for url in urls]
                old += [f"{number} {step} {url}" for url in asked if shows(httpx.get(url)) is not is_public]

    assert old == []
    assert seen.count(True) > len(seen) / 2
