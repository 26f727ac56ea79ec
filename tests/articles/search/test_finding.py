"""What a search finds, in which order, and what it never finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.content import Content
from articles.models import Article, Category
from articles.search.backends.base import MOST_CANDIDATES
from articles.search.queries import MAX_QUERY_CHARS, MAX_QUERY_WORDS
from articles.selectors.search import MAX_DEPTH, article_search
from articles.services.articles import article_save
from articles.services.publishing import (
    article_archive,
    article_publish,
    article_schedule,
    article_unpublish,
    changes_discard,
)

Make = Callable[..., Article]
Search = Callable[..., list[str]]
Follow = Callable[..., Any]


@pytest.fixture
def ana(db: None) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("ana")


def test_a_word_is_found_in_title_excerpt_text_tags_and_category(live: Make, titles: Search) -> None:
    category = Category.objects.create(name="Lighthouses", slug="lighthouses")
    live("Lighthouses")
    live("One", body="Of lighthouses.")
    live("Two", excerpt="Lighthouses, briefly.")
    live("Three", tags=("lighthouses",))
    live("Four", category_id=category.pk)
    live("Five")

    assert sorted(titles("lighthouses")) == ["Four", "Lighthouses", "One", "Three", "Two"]


def test_titles_come_before_texts_and_more_of_a_word_before_less(live: Make, titles: Search) -> None:
    live("The lamp", body="Old. " + "Words about nothing much. " * 20)
    live("Much", body="Lamp, lamp, lamp and lamp. " + "Words about nothing much. " * 20)
    live("Little", body="A lamp. " + "Words about nothing much. " * 20)

    assert titles("lamp") == ["The lamp", "Much", "Little"]


@pytest.mark.parametrize("asked", ["coração", "CORACAO", "corac\u0327a\u0303o", "Coracão"])
@pytest.mark.parametrize("written", ["coração", "Coracao", "corac\u0327a\u0303o"])
def test_accents_and_case_make_no_difference_either_way(live: Make, titles: Search, written: str, asked: str) -> None:
    live("Órgãos", body=f"O {written} bate.", language="pt-br")

    assert titles(asked) == ["Órgãos"]


def test_all_words_must_occur_but_not_in_one_place(live: Make, titles: Search) -> None:
    live("Oil lamps", body="They burn slowly.")
    live("Lamps", body="They shine.")

    assert titles("burn lamps") == ["Oil lamps"]
    assert titles("lamps burn nowhere") == []


def test_a_phrase_in_quotes_is_found_as_it_stands(live: Make, titles: Search) -> None:
    live("Right", body="The white whale swims.")
    live("Wrong", body="The whale is white.")

    assert sorted(titles("white whale")) == ["Right", "Wrong"]
    assert titles('"white whale"') == titles("“white whale”") == ["Right"]
    assert titles("white-whale") == ["Right"]
    assert sorted(titles('"white whale')) == ["Right", "Wrong"]


def test_the_last_word_may_be_half_typed_while_few_have_it_whole(live: Make, titles: Search) -> None:
    live("Percentiles")
    live("Other")

    assert titles("percen") == ["Percentiles"]
    assert titles("perc ") == titles('"perc"') == titles("perc other") == []
    assert titles("pe") == []


def test_the_exact_word_comes_with_the_longer_ones(live: Make, titles: Search) -> None:
    live("Lampions")
    live("Lamp")

    assert sorted(titles("lamp")) == ["Lamp", "Lampions"]


def test_results_are_kept_to_a_language_a_category_and_a_tag(live: Make, titles: Search) -> None:
    first, second = (Category.objects.create(name=name, slug=name) for name in ("first", "second"))
    live("A", body="lamp", category_id=first.pk, tags=("oil", "light"))
    live("B", body="lamp", category_id=second.pk, tags=("oil",))
    live("C", body="lamp", category_id=first.pk, tags=("oil",), language="pt-br")

    assert titles("lamp", language="pt-br") == ["C"]
    assert sorted(titles("lamp", category="first")) == ["A", "C"]
    assert sorted(titles("lamp", category=first.pk)) == ["A", "C"]
    assert titles("lamp", category="first", language="en") == titles("lamp", tag="light") == ["A"]
    assert sorted(titles("lamp", tag="oil", language="en")) == ["A", "B"]
    assert titles("lamp", tag="nowhere") == titles("lamp", category="nowhere") == titles("lamp", language="xx") == []
    assert titles(f"c{first.pk}") == titles("len") == []


def test_pages_follow_each_other_without_gap_or_repetition(live: Make) -> None:
    for number in range(7):
        live(f"Lamp {number}")

    pages = [article_search(query="lamp", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(page.hits) for page in pages] == [3, 3, 1, 0]
    assert [page.has_more for page in pages] == [True, True, False, False]
    assert len({hit.row.id for page in pages for hit in page.hits}) == 7


@pytest.mark.parametrize(
    "query",
    [
        "", "   ", "\x00", "...", "🎉🎉", '"', '""', "'", "AND", "OR NOT", "NEAR(lamp)", "lamp*", "*", "-lamp", "^lamp",
        "title:lamp", "lamp AND", "(lamp", "lamp)", "{lamp}", "lamp & !oil | x", "lamp:*", "<->", "\\", "%s", "%",
        "'; DROP",
        "lamp\x00oil", "\ud800", "\u202e", "½ ﬁ ß ﷺ", "日本語", "हिन्दी", "a" * MAX_QUERY_CHARS, "a " * MAX_QUERY_WORDS,
        '"a b" "c', "“«»”", "1e5 -1.5 0x1F", "e" + "\u0301" * 100, "_", "__init__", "c++ c#", "lamp\n\t oil", "́",
    ],
)  # fmt: skip
def test_any_text_is_a_query_and_none_an_error(live: Make, query: str) -> None:
    live("Lamp", body="Of oil and 日本語, with ½ litre.")

    assert isinstance(article_search(query=query).hits, list)


@pytest.mark.parametrize("query", ["*", "AND", "lamp*", "NEAR(lamp oil)", "-oil"])
def test_operators_are_plain_text(live: Make, titles: Search, query: str) -> None:
    live("Near and lamp", body="Of oil.")
    expected = [] if query == "*" else ["Near and lamp"]

    assert titles(query) == expected


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"query": "a" * 10_000}, "q"),
        ({"query": "a" * (MAX_QUERY_CHARS + 1)}, "q"),
        ({"query": "a " * (MAX_QUERY_WORDS + 1)}, "q"),
        ({"query": "a", "limit": 0}, "limit"),
        ({"query": "a", "limit": 101}, "limit"),
        ({"query": "a", "offset": -1}, "offset"),
        ({"query": "a", "offset": MAX_DEPTH}, "offset"),
    ],
)
def test_what_can_not_be_answered_is_refused_by_name(db: None, options: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        article_search(**options)

    assert list(refused.value.message_dict) == [field]


def test_only_what_is_published_is_found(live: Make, draft: Make, titles: Search, follow: Follow, ana: User) -> None:
    draft("Secret draft")
    planned = draft("Secret plan")
    follow(article_schedule, article_id=planned.pk, actor=ana, publish_at=timezone.now() + timedelta(days=1))
    taken_off, archived = live("Secret one"), live("Secret two")
    assert sorted(titles("secret")) == ["Secret one", "Secret two"]

    follow(article_unpublish, article_id=taken_off.pk, actor=ana)
    follow(article_archive, article_id=archived.pk, actor=ana)
    assert titles("secret") == []

    follow(article_publish, article_id=taken_off.pk, actor=ana)
    assert titles("secret") == ["Secret one"]


def test_changes_behind_a_published_text_are_not_found_before_they_are_published(
    live: Make, titles: Search, follow: Follow, ana: User
) -> None:
    article = live("Lamp", body="Open words.")
    changed = Content(
        title="Lamp, secretly", body="A hidden thing.", excerpt="Hidden.", slug="lamp-2", tags=("hidden",)
    )
    saved = follow(article_save, article_id=article.pk, content=changed, version=article.version, actor=ana)

    assert titles("hidden") == titles("secretly") == []
    assert "hidden" not in article_search(query="lamp").hits[0].snippet.lower()

    follow(article_publish, article_id=article.pk, actor=ana)
    (hit,) = article_search(query="hidden").hits
    assert (hit.row.slug, hit.row.title) == ("lamp-2", "Lamp, secretly")
    assert titles("open") == []
    assert saved.pk == article.pk


def test_discarded_changes_leave_the_index_at_the_live_text(
    live: Make, titles: Search, follow: Follow, ana: User
) -> None:
    article = live("Lamp", body="Open words.")
    changed = Content(title="Lamp", body="A hidden thing.", slug=article.slug)
    follow(article_save, article_id=article.pk, content=changed, version=article.version, actor=ana)
    follow(changes_discard, article_id=article.pk, actor=ana)

    assert (titles("hidden"), titles("open")) == ([], ["Lamp"])


def test_an_index_that_is_behind_shows_nothing_that_was_taken_off(live: Make, titles: Search) -> None:
    article = live("Lamp")
    Article.objects.filter(pk=article.pk).update(status="archived")

    assert titles("lamp") == []


def test_a_deleted_article_leaves_the_index(live: Make, titles: Search) -> None:
    live("Lamp").delete()

    assert titles("lamp") == []


def test_a_page_takes_four_queries_at_most_whatever_it_is_kept_to(live: Make, django_assert_num_queries: Any) -> None:
    category = Category.objects.create(name="First", slug="first")
    for number in range(3):
        live(f"Lamp {number}", body="Words.", category_id=category.pk, tags=("oil",))
    article_search(query="lamp")

    with django_assert_num_queries(1):
        article_search(query="lam nowhere ")
    with django_assert_num_queries(3):  # candidates, scores, rows
        article_search(query="lamp ")
    with django_assert_num_queries(4):  # and once more with the last word open
        article_search(query="lamp")
    with django_assert_num_queries(6):  # and the ids of two slugs
        article_search(query="lamp", category="first", tag="oil", language="en")
    with django_assert_num_queries(0):
        article_search(query="?!")


def test_a_word_of_very_many_is_answered_by_titles_then_by_the_newest(
    live: Make, titles: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    for backend in ("sqlite", "postgresql"):
        monkeypatch.setattr(f"articles.search.backends.{backend}.MOST_CANDIDATES", 3, raising=False)
    monkeypatch.setattr("articles.search.backends.base.MOST_CANDIDATES", 3)
    live("Lamp of old")
    for number in range(5):
        live(f"Number {number}", body="lamp")

    assert MOST_CANDIDATES > MAX_DEPTH
    assert titles("lamp ") == ["Lamp of old", "Number 4", "Number 3", "Number 2"]
