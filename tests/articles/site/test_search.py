"""The search page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from articles.models import Article

Make = Callable[..., Article]


def test_before_a_search_the_page_says_how_to(client: Client, db: None) -> None:
    page = client.get("/en/search/").content.decode()

    assert "<title>Search · Omni Writer</title>" in page
    assert '<meta name="robots" content="noindex, follow">' in page


def test_nothing_found_leads_to_the_other_language_with_the_same_words(client: Client, db: None) -> None:
    page = client.get("/en/search/", {"q": "café <b>"}).content.decode()

    assert "Nothing was found in this language." in page
    assert "/pt-br/search/?q=caf%C3%A9%20%3Cb%3E" in page
    assert "<b>" not in page


def test_what_somebody_looks_for_is_kept_by_no_cache(client: Client, db: None) -> None:
    assert client.get("/en/search/", {"q": "x"}).headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("page", ["0", "-1", "x", "26", "9" * 20, "", "١", "1.5"])
def test_a_page_of_results_there_is_none_of_is_not_found(client: Client, db: None, page: str) -> None:
    assert client.get("/en/search/", {"q": "x", "page": page}).status_code == 404


@pytest.mark.parametrize(
    "query", ["\x00", "a\x00b", '"', '"unclosed', "x" * 5_000, "* - ( ) : ^ NEAR OR", "%", "\u200b"]
)
def test_any_words_are_looked_for(client: Client, db: None, query: str) -> None:
    assert client.get("/en/search/", {"q": query}).status_code == 200


def test_more_words_than_are_looked_for_are_told_so(client: Client, db: None) -> None:
    page = client.get("/en/search/", {"q": "a " * 25})

    assert page.status_code == 200
    assert "At most 24 words." in page.content.decode()
