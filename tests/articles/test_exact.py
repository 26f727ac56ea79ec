"""What an answer costs that no clock is needed for: its queries when nothing is kept, none when it is, and its bytes.

A figure that changes is a change of what readers wait for: raise it here knowingly, or find out why it grew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Article

ARTICLES = 25
BODY = "It was a quiet morning, and *nobody* had to be anywhere.\n\n" * 8

#: By path: queries when nothing is kept, queries when it is, bytes. In this order, as they share what is kept.
EXACT = {
    "/api/articles": (2, 0, 7556),
    "/api/articles/100008": (2, 0, 950),
    "/api/articles/popular": (3, 0, 3771),
    "/api/articles/search?q=morning": (4, 0, 9133),
    "/en/": (2, 0, 9539),
    "/articles/morning-7/": (2, 0, 6495),
    "/en/search/?q=morning": (3, 0, 10891),
    "/en/feed.atom": (1, 0, 9787),
}


@pytest.fixture
def numbered(transactional_db: None) -> None:
    """Number rows from 100,001 on, whatever was made before: their digits count as bytes."""
    with connection.cursor() as cursor:
        for table in ("articles_article", "auth_user"):
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, 100000)", [table])


@pytest.fixture
def articles(numbered: None, published: Callable[..., Article]) -> None:
    """As many as a list has and a few more, the same every time, and found by the search."""
    for number in range(ARTICLES):
        published(f"Morning {number}", body=BODY)


@pytest.mark.usefixtures("valkey_cache", "articles")
def test_an_answer_costs_what_it_cost_before(client: Client) -> None:
    assert {path: _cost(client, path) for path in EXACT} == EXACT


def _cost(client: Client, path: str) -> tuple[int, int, int]:
    first, answer = _asked(client, path)
    second, again = _asked(client, path)
    assert answer.status_code == again.status_code == 200
    return first, second, len(answer.content)


def _asked(client: Client, path: str) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    return len(queries), answer
