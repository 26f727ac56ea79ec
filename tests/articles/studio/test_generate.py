""" "New article with AI": the form, what it says before it starts, and that it starts once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.models import Budget, Category, GenerationJob, PromptTemplate, PromptVersion
from tests.articles.studio.generating import WISH, job, model

ADDRESS = "/studio/generate/"
FILLED = {
    "title": "How coffee is roasted", "brief": "Green beans, the drum.", "language": "en", "words": "500",
    "tone": "neutral", "audience": "beginners", "keywords": "coffee,  roasting, ", "do": "article", "key": "k1",
}  # fmt: skip


@pytest.fixture
def _connected(db: None) -> None:
    model("small")


def page(client: Client, **query: str) -> str:
    return client.get(ADDRESS, query).content.decode()


@pytest.mark.usefixtures("_connected")
def test_a_wish_becomes_a_job_with_its_own_page(writer: Client, author: User) -> None:
    category = Category.objects.create(name="Home", slug="home")

    answer = writer.post(ADDRESS, {**FILLED, "category": category.pk, "endpoint": "small"})

    made = GenerationJob.objects.get()
    assert answer["Location"] == f"/studio/generate/{made.pk}/"
    assert (made.kind, made.owner, made.language, made.endpoint_wanted) == ("article", author, "en", "small")
    assert made.parameters == {
        "title": "How coffee is roasted", "brief": "Green beans, the drum.", "tone": "neutral", "words": 500,
        "audience": "beginners", "keywords": ["coffee", "roasting"], "outline": [], "category_id": category.pk,
    }  # fmt: skip


@pytest.mark.usefixtures("_connected")
def test_a_double_click_is_one_job(writer: Client) -> None:
    first, second = writer.post(ADDRESS, FILLED), writer.post(ADDRESS, FILLED)

    assert first["Location"] == second["Location"]
    assert GenerationJob.objects.count() == 1
    assert 'name="key" value="' in page(writer)


@pytest.mark.usefixtures("_connected")
def test_an_outline_can_be_asked_for_first(writer: Client) -> None:
    writer.post(ADDRESS, {**FILLED, "do": "outline"})

    assert GenerationJob.objects.get().kind == "outline"


@pytest.mark.usefixtures("_connected")
def test_a_template_is_used_in_its_newest_wording(writer: Client) -> None:
    template = PromptTemplate.objects.create(name="Recipes")
    for number in (1, 2):
        PromptVersion.objects.create(template=template, number=number, text="Write.")

    writer.post(ADDRESS, {**FILLED, "prompt": template.pk})

    version = GenerationJob.objects.get().prompt_version
    assert version is not None
    assert version.number == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": "", "brief": "  "}, "Say what the article is about: give it a title or a brief."),
        ({"brief": "x" * 100_000}, "This has 100000 characters, and 4000 is the most."),
        ({"brief": "Bells \x07 ring."}, "This holds control characters"),
        ({"title": "A\x1bB"}, "This holds control characters"),
        ({"language": "xx"}, "Select a valid choice."),
        ({"keywords": ", ".join(f"k{n}" for n in range(21))}, "These are 21, and 20 is the most."),
        ({"keywords": "x" * 61}, "This has 61 characters, and 60 is the most."),
        ({"endpoint": "gone"}, "This model is no longer connected."),
    ],
)
@pytest.mark.usefixtures("_connected")
def test_a_wish_that_cant_be_met_is_refused_beside_its_field(
    writer: Client, changes: dict[str, str], says: str
) -> None:
    answer = writer.post(ADDRESS, {**FILLED, **changes})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "beginners" in answer.content.decode()  # what was filled in is still there
    assert not GenerationJob.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_a_language_nobody_writes_is_told_before_it_starts_and_does_not_start(writer: Client) -> None:
    shown = page(writer)
    assert 'data-unwritten="pt-br"' in shown
    assert "No connected model writes Português (Brasil)." in shown

    answer = writer.post(ADDRESS, {**FILLED, "language": "pt-br"})
    assert answer.status_code == 422
    assert not GenerationJob.objects.exists()


def test_a_second_model_makes_its_language_possible(writer: Client) -> None:
    model("small")
    model("large", languages=["en", "pt-br"])

    assert "data-unwritten" not in page(writer)
    assert writer.post(ADDRESS, {**FILLED, "language": "pt-br", "endpoint": "small"}).status_code == 422
    assert writer.post(ADDRESS, {**FILLED, "language": "pt-br"}).status_code == 302


def test_without_any_model_the_page_says_what_to_do_and_starts_nothing(writer: Client, editor: Client) -> None:
    shown = page(writer)
    assert "No model is connected" in shown
    assert "ask ana" in shown  # she is the one who may
    assert "providerendpoint/add" not in shown
    assert "/admin/articles/providerendpoint/add/" in page(editor)
    assert writer.post(ADDRESS, FILLED).status_code == 422
    assert not GenerationJob.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_what_is_left_of_a_budget_is_shown_where_one_binds(writer: Client, author: User) -> None:
    assert "What is left" not in page(writer)

    Budget.objects.create(scope="each", month_limit=Decimal(5), jobs_per_day=3)
    job(author)

    shown = page(writer)
    assert "US$ 5.00 of your US$ 5.00 this month" in shown
    assert "2 of 3 jobs today" in shown


@pytest.mark.usefixtures("_connected")
def test_a_budget_of_zero_stops_with_a_clear_message(writer: Client) -> None:
    Budget.objects.create(scope="each", jobs_per_day=0)

    answer = writer.post(ADDRESS, FILLED)

    assert answer.status_code == 422
    assert "Nothing was started: 0 jobs a day are all you may start." in answer.content.decode()
    assert not GenerationJob.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_a_wish_can_be_asked_again_with_changes(writer: Client, author: User) -> None:
    shown = page(writer, **{"from": str(job(author).pk)})

    assert 'value="How coffee is roasted"' in shown
    assert "Green beans, the drum." in shown
    assert 'value="coffee, roasting"' in shown
    others = job(User.objects.create_user("rosa"), parameters={**WISH, "brief": "A secret."})
    assert writer.get(ADDRESS, {"from": others.pk}).status_code == 404


@pytest.mark.usefixtures("_connected")
def test_only_who_may_add_articles_comes_in(visitor: Client) -> None:
    assert visitor.get(ADDRESS).status_code == 403
    assert visitor.post(ADDRESS, FILLED).status_code == 403
    assert Client().get(ADDRESS)["Location"].startswith("/studio/login/")


def test_the_way_to_it_is_on_the_studios_home_and_on_a_key(writer: Client) -> None:
    home = writer.get("/studio/").content.decode()

    assert 'href="/studio/generate/" data-go="w"' in home
    assert 'href="/studio/generations/" data-go="g"' in home


@pytest.mark.usefixtures("_connected")
def test_hostile_words_of_a_model_and_a_wish_are_only_words(writer: Client, settings: Any) -> None:
    model("evil", model="<script>alert(1)</script>")

    answer = writer.post(ADDRESS, {**FILLED, "title": '"><script>alert(2)</script>', "brief": "x\x00"})

    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content
