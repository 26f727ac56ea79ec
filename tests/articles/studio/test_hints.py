"""The panel of hints: what it takes, whose article it may stand on, and in which language it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from articles.limits import MAX_BODY_CHARS
from articles.models import Article, Category
from articles.services.articles import article_save
from tests.articles.quality.texts import ENGLISH, PORTUGUESE, STANDFIRST, long_words

Make = Callable[..., Article]
TEXT = " ".join(long_words(100))
BASE = 3  # the account and its two kinds of permissions; the session is in the cache


@pytest.fixture
def live(published: Make, django_capture_on_commit_callbacks: Any) -> Make:
    """Publish an article that is compared with from now on."""

    def make(title: str = "A quiet morning", **fields: Any) -> Article:
        with django_capture_on_commit_callbacks(execute=True):
            return published(title, **fields)

    return make


def ask(client: Client, **fields: Any) -> Any:
    return client.post("/studio/hints/", fields)


def ask_json(client: Client, sent: Any) -> Any:
    return client.post("/studio/hints/", sent, content_type="application/json")


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return re.findall(r'data-code="([^"]+)"', answer.content.decode())


def test_a_form_and_json_get_the_same_advice(writer: Client) -> None:
    fields = {"title": "On lamps", "body": "The the lamp.\n\n![](x.png)", "language": "en", "excerpt": "Short."}
    answer = ask(writer, **fields)
    assert codes(answer) == ["length.short", "frame.short_description", "repetition.doubled", "images.no_alt"]
    assert codes(ask_json(writer, fields)) == codes(answer)
    assert 'data-line="3"' in answer.content.decode()
    assert "Line 3" in answer.content.decode()
    assert "max-age=0" in answer["Cache-Control"]


def test_nothing_is_found_in_a_good_text(writer: Client) -> None:
    answer = ask(writer, title="On lamps", body=ENGLISH, excerpt=STANDFIRST, category="7")
    assert codes(answer) == []
    assert "Nothing to improve was found." in answer.content.decode()
    assert re.search(r"183 words · reading ease \d+ of 100", answer.content.decode())


def test_what_nobody_told_of_is_not_missed(writer: Client) -> None:
    assert codes(ask(writer, body=ENGLISH)) == []
    assert codes(ask(writer, body=ENGLISH, category="", excerpt="")) == ["frame.no_excerpt", "frame.no_category"]
    assert codes(ask_json(writer, {"body": ENGLISH, "category": None})) == ["frame.no_category"]
    assert codes(ask(writer)) == codes(ask_json(writer, {})) == ["length.empty"]


def test_the_ease_is_shown_between_0_and_100(writer: Client) -> None:
    hard, easy = "Incomprehensibilities " * 120, "The cat sat. " * 40
    assert "reading ease 0 of 100" in ask(writer, body=hard).content.decode()
    assert "reading ease 100 of 100" in ask(writer, body=easy).content.decode()


def test_a_text_is_shown_as_text(writer: Client) -> None:
    answer = ask(writer, body="[<script>alert(1)</script>]()").content.decode()
    assert "<script>" not in answer
    assert "“<script>alert(1)</script>” leads nowhere" in unescape(answer)


# With an article


def test_the_stored_fields_of_an_article_stand_in_for_those_left_out(writer: Client, draft: Make) -> None:
    category = Category.objects.create(name="Lamps", slug="lamps")
    stored = draft("t" * 70, body="The the.", excerpt=STANDFIRST, category_id=category.pk).pk
    assert codes(ask(writer, article=stored)) == ["length.short", "frame.long_title", "repetition.doubled"]
    assert codes(ask_json(writer, {"article": stored, "title": "On lamps", "body": ENGLISH})) == []
    assert codes(ask(writer, article=stored, title="A", body=ENGLISH, excerpt="")) == ["frame.no_excerpt"]


def test_what_an_article_lacks_is_missed(writer: Client, draft: Make) -> None:
    article = draft(body=ENGLISH).pk  # its excerpt is made of the first paragraph
    assert codes(ask(writer, article=article)) == ["frame.no_category"]


def test_the_language_of_an_article_decides_how_it_is_read(writer: Client, draft: Make) -> None:
    article = draft(body=PORTUGUESE, language="pt-br").pk
    eases = [re.search(r"ease (\d+)", ask(writer, article=article, **given).content.decode()) for given in
             ({}, {"language": "pt-br"}, {"language": "en"})]  # fmt: skip
    own, told, other = (int(found[1]) for found in eases if found)
    assert own == told > other


def test_changes_behind_a_published_article_are_what_is_looked_at(
    writer: Client, published: Make, author: User
) -> None:
    article = published(body="Words.", excerpt=STANDFIRST)
    changed = replace(article.working(), body="The the.")
    article_save(article_id=article.pk, content=changed, version=article.version, actor=author)
    assert "repetition.doubled" in codes(ask(writer, article=article.pk))


def test_a_published_article_is_not_told_to_be_like_itself(writer: Client, live: Make) -> None:
    article = live("Oil lamps", body=TEXT)
    assert "archive.alike" not in codes(ask(writer, article=article.pk))
    answer = ask(writer, body=TEXT)
    assert codes(answer)[0] == "archive.alike"
    assert "100 % like “Oil lamps”" in answer.content.decode()
    assert f'href="{article.get_absolute_url()}"' in answer.content.decode()


def test_an_article_of_another_is_not_there(writer: Client, draft: Make, reviewer_account: User) -> None:
    assert ask(writer, article=draft(author=reviewer_account).pk).status_code == 404


def test_who_may_see_all_articles_asks_on_any(reviewer: Client, draft: Make) -> None:
    assert "length.short" in codes(ask(reviewer, article=draft().pk))


@pytest.mark.parametrize("asked", ["404", "-1", "1.5", "x", "²", "9" * 18, "9" * 19, "9" * 5_000, "1 ", "\x00"])
def test_an_article_that_is_none_is_not_there(writer: Client, asked: str) -> None:
    assert ask(writer, article=asked).status_code == 404
    assert ask_json(writer, {"article": asked}).status_code == 404


@pytest.mark.parametrize("asked", [True, 1.5, [1], {"a": 1}, 10**30])
def test_an_id_that_is_no_number_is_not_there(writer: Client, asked: Any) -> None:
    assert ask_json(writer, {"article": asked}).status_code == 404


# Refusals


@pytest.mark.parametrize(
    "sent",
    [" ", "{", "[]", '"text"', "1", "null", '{"body": 1}', '{"title": null}', '{"language": []}', b"\xff\xfe",
     "[" * 100_000, '{"a": ' + "1" * 5_000 + "}", '{"body": "![\\ud800.png](x)"}'],
)  # fmt: skip
def test_malformed_json_is_refused(writer: Client, sent: Any) -> None:
    answer = ask_json(writer, sent)
    assert answer.status_code == 400
    assert "nor a JSON object" in answer.content.decode()


def test_a_text_that_is_too_long_is_not_looked_at(writer: Client) -> None:
    assert ask(writer, body="a" * MAX_BODY_CHARS).status_code == 200
    answer = ask(writer, body="a" * (MAX_BODY_CHARS + 1))
    assert answer.status_code == 422
    assert "too long to be looked at" in answer.content.decode()


@pytest.mark.parametrize("language", ["xx", "", "EN", "en\x00"])
def test_a_language_that_is_unknown_is_refused(writer: Client, language: str) -> None:
    assert ask(writer, body="Words.", language=language).status_code == 422


def test_without_a_login_there_is_no_advice(client: Client, db: None) -> None:
    answer = ask(client, body="Words.")
    assert answer.status_code == 302
    assert answer["Location"].endswith("?next=/studio/hints/")


def test_who_may_write_nothing_gets_no_advice(visitor: Client) -> None:
    assert ask(visitor, body="Words.").status_code == 403


def test_advice_is_only_asked_for_by_post_from_a_page_of_the_site(writer: Client, author: User) -> None:
    assert writer.get("/studio/hints/").status_code == 405
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.force_login(author)
    assert ask(elsewhere, body="Words.").status_code == 403


def test_a_reader_of_portuguese_is_answered_in_portuguese(writer: Client) -> None:
    fields = {"body": "", "language": "en", "category": "", "excerpt": ""}
    answer = writer.post("/studio/hints/", fields, headers={"Accept-Language": "pt-BR"}).content.decode()
    assert "Ainda não há texto." in answer
    assert "There is no text" not in answer
    refused = writer.post(
        "/studio/hints/", "{", content_type="application/json", headers={"Accept-Language": "pt-BR"}
    ).content.decode()
    assert "Isto não é um formulário" in refused


def test_the_queries_are_as_many_for_any_text_and_archive(
    writer: Client, live: Make, draft: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    long = " ".join(long_words(900))
    live("One", body=long)
    ask(writer, body="Words.")
    for more in (0, 4):
        for number in range(more):
            live(f"More {number}", body=long)
        text = long + "".join(f"\n\n[to {number}](/articles/{number}/)" for number in range(1 + 10 * more))
        with django_assert_num_queries(BASE + 3):
            ask(writer, body=text)
        article = draft(body=text).pk
        with django_assert_num_queries(BASE + 5):  # the article with its changes, its tags
            ask(writer, article=article)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sent=st.dictionaries(
    st.sampled_from(["title", "body", "language", "excerpt", "category", "article", "other"]),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.just("en"), st.lists(st.integers())),
))  # fmt: skip
def test_whatever_json_is_sent_is_answered_or_refused(author: User, sent: dict[str, Any]) -> None:
    client = Client()
    client.force_login(author)
    assert ask_json(client, sent).status_code in {200, 400, 404, 422}
