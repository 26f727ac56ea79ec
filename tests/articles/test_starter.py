"""The articles a new site starts with."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from articles.models import Article
from articles.starter import read_starter


def load() -> str:
    """Run the command; return what it says."""
    says = StringIO()
    call_command("load_starter", stdout=says)
    return says.getvalue()


def test_loading_twice_is_loading_once(db: None) -> None:
    files = read_starter()

    assert load() == f"{len(files)} starter articles published.\n"
    assert load() == "The starter articles are there.\n"
    assert Article.objects.published().count() == len(files)


def test_what_an_editor_changed_or_added_is_left_alone(db: None) -> None:
    load()
    Article.objects.filter(slug="why-percentiles").update(title="Changed")
    Article.objects.get(slug="markdown-here").delete()

    assert load() == "1 starter articles published.\n"
    assert Article.objects.get(slug="why-percentiles").title == "Changed"


def test_both_languages_start_with_the_same_articles_newest_about_the_dashboard(db: None, client: Client) -> None:
    load()

    for language, first in (("en", "Reading the dashboard"), ("pt-br", "Como ler o painel")):
        answer = client.get("/api/articles", {"language": language}).json()
        assert len(answer["items"]) == 4
        assert answer["items"][0]["title"].startswith(first)
        assert answer["items"][0]["author"] == "Omni Writer"


@pytest.mark.parametrize("file", read_starter(), ids=lambda file: file.slug)
def test_every_starter_article_can_be_read(db: None, client: Client, file: object) -> None:
    load()

    assert client.get(f"/articles/{file.slug}/").status_code == 200


def test_nobody_can_log_in_as_the_starters_author(db: None, client: Client) -> None:
    load()
    author = Article.objects.first().author

    assert not author.has_usable_password()
    assert not author.is_active
