"""The articles a new site starts with."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.translation import override

from articles.models import Article
from articles.starter import FOLDER, StarterFile, read_starter
from perfmon.budgets import Budgets
from perfmon.panels.verdicts import WORDS


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
def test_every_starter_article_can_be_read(db: None, client: Client, file: StarterFile) -> None:
    load()

    assert client.get(f"/articles/{file.slug}/").status_code == 200


def test_nobody_can_log_in_as_the_starters_author(db: None, client: Client) -> None:
    load()
    author = Article.objects.earliest("id").author

    assert not author.has_usable_password()
    assert not author.is_active


@pytest.mark.parametrize("name", ["2-en-alerts.md", "2-pt-alertas.md"])
def test_the_article_about_alerts_states_the_limits_in_force(name: str) -> None:
    text = (FOLDER / name).read_text().replace("\u00a0", " ")
    rows = [[cell.strip() for cell in line.split("|")[2:4]] for line in text.splitlines() if line.startswith("|")]
    limits = Budgets()
    warning, critical = f"{limits.alert_for_warning_s} s", f"{limits.alert_for_critical_s} s"

    assert rows[2:] == [
        [f"{limits.alert_p95_ms // 1000} s", warning],
        [f"{limits.alert_error_warning_pct} %", warning],
        [f"{limits.alert_error_critical_pct} %", critical],
        [f"{limits.alert_cpu_pct} %", warning],
        [f"{limits.alert_memory_pct} %", warning],
    ]
    assert f"{limits.alert_cpu_pct - limits.alert_clear_margin_pct} %." in text


@pytest.mark.parametrize(("language", "name"), [("en", "4-en-dashboard.md"), ("pt-br", "4-pt-painel.md")])
def test_the_article_about_the_dashboard_uses_its_words(language: str, name: str) -> None:
    text = (FOLDER / name).read_text().replace("\n", " ")

    with override(language):
        for verdict in ("same", "unknown"):
            assert f"*{WORDS[verdict]}*" in text
