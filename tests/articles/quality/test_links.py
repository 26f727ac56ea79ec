"""Advice on links: their words, their addresses, and whether an article of this site is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from articles.quality.links import check_links
from articles.quality.reading import Hint, Level, Reading
from articles.services.articles import article_save
from articles.services.publishing import article_publish, article_unpublish
from tests.articles.quality.texts import content

Make = Callable[..., Article]


def told(body: str) -> list[Hint]:
    return list(check_links(Reading(content(body))))


def codes(body: str) -> list[str]:
    return [hint.code for hint in told(body)]


@pytest.mark.parametrize(
    ("link", "code", "level", "says"),
    [
        ("[](https://a.example/)", "links.empty", Level.ADVICE, "Write where it leads"),
        ("[ … ](https://a.example/)", "links.empty", Level.ADVICE, "Write where it leads"),
        ("[here](https://a.example/)", "links.vague", Level.ADVICE, "“here” does not say"),
        ("[Read more »](https://a.example/)", "links.vague", Level.ADVICE, "Put the link on the words"),
        ("[**Clique** aqui!](https://a.example/)", "links.vague", Level.ADVICE, "“Clique aqui!” does not say"),
        ("[a guide]()", "links.no_target", Level.ADVICE, "“a guide” leads nowhere"),
        ("<https://a.example/b>", "links.bare", Level.INFO, "https://a.example/b. Link words"),
        ("[https://a.example/b](https://a.example/b)", "links.bare", Level.INFO, "Link words"),
        ("https://a.example/b", "links.bare", Level.INFO, "https://a.example/b. Link words"),
        ("(www.a.example).", "links.bare", Level.INFO, "www.a.example. Link words"),
    ],
)
def test_a_link_that_does_not_say_where_it_leads_is_told(link: str, code: str, level: Level, says: str) -> None:
    (hint,) = told(f"Words.\n\nMore words\nand {link} and more.")
    assert (hint.code, hint.level, hint.line) == (code, level, 4)
    assert says in hint.message


@pytest.mark.parametrize(
    "link",
    ["[a guide](https://a.example/)", "[here in Lisbon](/a)", "[![A lamp](l.jpeg)](https://a.example/)", "[top](#top)",
     "[guide to www.a.example](https://www.a.example/)", "mail ana@a.example", "http://"],
)  # fmt: skip
def test_a_link_that_says_it_is_left_in_peace(link: str) -> None:
    assert codes(f"Words and {link} and more.") == []


def test_an_address_twice_is_told_at_its_last_line() -> None:
    text = "[One](https://a.example/)\n\n[two](https://a.example/)\n\n[three](https://a.example/)\n\n[b](/b)"
    (hint,) = told(text)
    assert (hint.code, hint.level, hint.line) == ("links.repeated", Level.INFO, 5)
    assert "3 links lead to https://a.example/. One" in hint.message


def test_lists_of_addresses_end_after_eight() -> None:
    assert codes(" ".join(f"www.a{number}.example" for number in range(20))) == ["links.bare"] * 8
    assert codes("\n\n".join(f"[a {n % 12}](/{n % 12})" for n in range(24))) == ["links.repeated"] * 8


def test_an_address_that_is_a_link_elsewhere_is_told_once() -> None:
    assert codes("<https://a.example/b>, said twice: https://a.example/b.") == ["links.bare"]
    assert codes("[the page https://a.example/b](https://a.example/b)") == []


def test_a_part_of_a_linked_address_is_an_address_of_its_own() -> None:
    assert codes("[of www.a.example/b](https://www.a.example/b), not www.a.example") == ["links.bare"]


def test_a_long_address_is_shown_by_its_beginning() -> None:
    (hint,) = told(f"https://a.example/{'b' * 200}")
    assert f"https://a.example/{'b' * 41}…." in hint.message


# Links to this site


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/articles/{0}/", "/articles/{0}", "http://testserver/articles/{0}/?a=b#c", "//TESTSERVER:80/articles/{0}/"],
)
def test_a_link_to_a_published_article_is_alive_and_to_a_missing_one_dead(
    published: Make, settings: Any, address: str
) -> None:
    there = f"[the morning]({address.format(published().slug)})"
    missing = address.format("missing")

    assert codes(there) == []
    (hint,) = told(f"{there}\n\n[the evening]({missing})")
    assert (hint.code, hint.level, hint.line) == ("links.dead", Level.ADVICE, 3)
    assert f"{missing}: no such article is public. Publish" in hint.message


def test_a_link_to_a_draft_is_dead_until_that_is_published(draft: Make, follow: Callable[..., Any]) -> None:
    article = draft()
    text = f"[the morning](/articles/{article.slug}/)"
    assert codes(text) == ["links.dead"]
    article_publish(article_id=article.pk, actor=None)
    assert codes(text) == []
    article_unpublish(article_id=article.pk, actor=None)
    assert codes(text) == ["links.dead"]


def test_an_address_that_the_article_once_had_is_alive(published: Make, author: User) -> None:
    article = published()
    old = f"[the morning](/articles/{article.slug}/)"
    renamed = replace(article.working(), slug="a-loud-morning")
    article_save(article_id=article.pk, content=renamed, version=article.version, actor=author)
    article_publish(article_id=article.pk, actor=None)

    assert Article.objects.get(pk=article.pk).slug == "a-loud-morning"
    assert codes(f"{old} and [now](/articles/a-loud-morning/)") == []


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.example/articles/missing/", "/articles/", "/en/articles/missing/", "/articles/a/b/",
     "articles/missing/", "mailto:ana@a.example", "//[/articles/x/"],
)  # fmt: skip
def test_what_is_no_article_of_this_site_is_not_looked_up(address: str) -> None:
    assert codes(f"[the words]({address})") == []  # a query would fail: this test has no database


def test_many_links_to_this_site_are_one_query(
    published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    slugs = [published(title).slug for title in ("One", "Two", "Three")] + [f"missing-{n}" for n in range(30)]
    with django_assert_num_queries(1):
        assert codes("\n\n".join(f"[to {slug}](/articles/{slug}/)" for slug in slugs)) == ["links.dead"] * 30
