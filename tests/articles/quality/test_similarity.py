"""Texts that are like a published one are told, and the bands by which they are found follow what is public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, SimilarityBand
from articles.quality.hints import Hint, Level
from articles.quality.shingles import BANDS, bands_of, shingles_of
from articles.selectors.similar import candidates_alike
from articles.services.articles import article_save
from articles.services.publishing import article_publish, article_unpublish
from articles.tasks import similarity_catch_up
from tests.articles.quality.texts import found, long_words

Make = Callable[..., Article]
Follow = Callable[..., Any]
TEXT = " ".join(long_words(100))


def like(words: int, seed: int = 1) -> str:
    """A text of a hundred words that begins with so many of ``TEXT``: ``words - 4`` shingles of 96 are the same."""
    return " ".join(long_words(words) + long_words(100 - words, seed))


def alike(body: str, **fields: Any) -> list[Hint]:
    return found("archive.alike", body, **fields)


def banded() -> set[int]:
    return set(SimilarityBand.objects.values_list("article_id", flat=True))


def test_a_text_that_shares_most_words_with_a_published_one_is_told(live: Make) -> None:
    article = live("Oil lamps", body=TEXT)
    (hint,) = alike(like(90))
    assert (hint.level, hint.line, hint.href) == (Level.ADVICE, None, article.get_absolute_url())
    assert hint.message.startswith("81 % like “Oil lamps”, which is public. Link to it")  # 86 of 106


@pytest.mark.parametrize(("words", "level"), [(76, Level.ADVICE), (75, Level.INFO)])
def test_from_sixty_percent_it_is_worth_a_change(live: Make, words: int, level: Level) -> None:
    live(body=TEXT)  # 72 shingles of 120 are the same, or 71 of 121
    assert [hint.level for hint in alike(like(words))] == [level]


def test_below_thirty_percent_nothing_is_said_even_of_a_candidate(live: Make) -> None:
    live(body=TEXT)

    def candidate(words: int) -> str:
        texts = [like(words, seed) for seed in range(1, 10)]
        return next(text for text in texts if candidates_alike(bands=bands_of(shingles_of(text))))

    assert alike(candidate(48)) == []  # 44 of 148
    assert len(alike(candidate(49))) == 1  # 45 of 147


def test_an_article_is_not_told_to_be_like_itself(live: Make) -> None:
    article = live(body=TEXT)
    assert alike(TEXT, article_id=article.pk) == []
    assert len(alike(TEXT, article_id=live("Another", body=like(20, 2)).pk)) == 1


def test_drafts_are_never_compared(draft: Make, follow: Follow) -> None:
    follow(draft, body=TEXT)
    assert banded() == set()
    assert alike(TEXT) == []


def test_changes_that_no_reader_sees_are_never_compared(live: Make, author: User, follow: Follow) -> None:
    article = live(body=TEXT)
    changed = replace(article.working(), body=like(0))
    follow(article_save, article_id=article.pk, content=changed, version=article.version, actor=author)
    assert alike(like(0)) == []
    assert len(alike(TEXT)) == 1


def test_the_likest_come_first_and_five_are_enough(live: Make) -> None:
    for words in (90, 70, 95, 99, 80, 97, 85):
        live(f"Shares {words}", body=like(words, 3))
    titles = [hint.message.split("“")[1].split("”")[0] for hint in alike(TEXT)]
    assert titles == [f"Shares {words}" for words in (99, 97, 95, 90, 85)]


def test_a_text_too_short_for_a_shingle_is_like_none(live: Make) -> None:
    live(body="One two three four.")
    assert banded() == set()
    assert alike("One two three four.") == []


def test_advice_takes_three_queries_at_most(live: Make, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    slugs = [live(f"Morning {words}", body=like(words)).slug for words in (100, 95, 90)]
    links = "\n\n".join(f"[to {slug}](/articles/{slug}/)" for slug in [*slugs, "missing"])
    with django_assert_num_queries(3):  # the links, the candidates, their texts
        assert found("links.dead", f"{TEXT}\n\n{links}")
    with django_assert_num_queries(1):
        assert alike(like(0)) == []
    with django_assert_num_queries(0):
        assert alike("Words.") == []


# The bands


def test_the_bands_follow_publishing_changing_and_unpublishing(live: Make, author: User, follow: Follow) -> None:
    article = live(body=TEXT)
    stored = SimilarityBand.objects.filter(article=article).order_by("band")
    assert list(stored.values_list("value", flat=True)) == bands_of(shingles_of(TEXT))

    changed = replace(article.working(), body=like(0))
    follow(article_save, article_id=article.pk, content=changed, version=article.version, actor=author)
    follow(article_publish, article_id=article.pk, actor=None)
    assert list(stored.values_list("value", flat=True)) == bands_of(shingles_of(like(0)))

    follow(article_unpublish, article_id=article.pk, actor=None)
    assert banded() == set()
    assert alike(like(0)) == []


def test_nothing_is_stored_before_the_commit(published: Make) -> None:
    published(body=TEXT)  # whose transaction is the test's own
    assert banded() == set()


def test_a_publication_outlives_bands_that_can_not_be_stored(
    draft: Make, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    article = draft(body=TEXT)

    def full(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if sql.startswith("INSERT") and "similarityband" in sql:
            raise DatabaseError("The disk is full.")
        return execute(sql, *args)

    with connection.execute_wrapper(full):
        follow(article_publish, article_id=article.pk, actor=None)
    assert Article.objects.get(pk=article.pk).is_public
    assert f"bands of article {article.pk} were not stored" in caplog.text
    assert banded() == set()

    similarity_catch_up()
    assert banded() == {article.pk}


def test_the_catch_up_adds_what_is_missing_drops_what_is_not_public_and_leaves_the_rest(
    live: Make, published: Make, draft: Make
) -> None:
    kept, missed, gone = live("Kept", body=TEXT), published("Missed", body=TEXT), live("Gone", body=TEXT)
    Article.objects.filter(pk=gone.pk).update(status="draft")  # past the services
    before = list(SimilarityBand.objects.filter(article=kept).values_list("pk", flat=True))

    similarity_catch_up()
    assert banded() == {kept.pk, missed.pk}
    assert list(SimilarityBand.objects.filter(article=kept).values_list("pk", flat=True)) == before
    similarity_catch_up()
    assert SimilarityBand.objects.count() == 2 * BANDS


def test_a_rebuild_makes_all_anew(live: Make, capsys: pytest.CaptureFixture[str]) -> None:
    article = live(body=TEXT)
    SimilarityBand.objects.update(value=0)
    call_command("similarity_rebuild", missing=True)
    assert alike(TEXT) == []
    call_command("similarity_rebuild")
    assert len(alike(TEXT)) == 1
    assert banded() == {article.pk}
    assert capsys.readouterr().out.splitlines()[-1] == "Similarity bands stored for 1 articles."


def test_a_rebuild_goes_through_more_than_a_batch(published: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.services.similarity._BATCH", 2)
    made = {published(f"Morning {number}", body=TEXT).pk for number in range(5)}
    similarity_catch_up()
    assert banded() == made


def test_the_bands_of_a_deleted_article_go_with_it(live: Make) -> None:
    live(body=TEXT).delete()
    assert banded() == set()
