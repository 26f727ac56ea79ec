"""Outlines: a model whose titles are of little use is asked twice; a small one for the second time after a section."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from articles.generation.longform import ArticleWriter
from articles.generation.outline_writer import OutlineWriter
from articles.models import GenerationJob
from tests.articles.generation.pen import Gone, RecordingPen
from tests.articles.generation.test_longform import SUGGESTED, TITLES, pen_of, section
from tests.fixtures.fake_provider import FakeProvider

ONE, TWO_OTHERS = '{"titles": ["Why farms need bees"]}', '{"titles": ["Planting for bees", "Hives and bees in winter"]}'
THREE = ["Why farms need bees", "Planting for bees", "Hives and bees in winter"]
USELESS = ["", "no JSON at all", '{"titles": [1, 2]}', '{"titles": ["x", "Bees and farms"]}']
SECTIONS = [section(1), section(2), section(3)]


@pytest.fixture
def job(author: User) -> GenerationJob:
    return GenerationJob(
        pk=7, kind="article", owner=author, language="en", parameters={"title": "Bees and farms", "words": 300}
    )


@pytest.fixture
def small_job(job: GenerationJob, provider: FakeProvider, connect: Callable[..., None]) -> GenerationJob:
    """A job that only the bundled model would take."""
    connect(provider.entry(bundled=True, languages=["en"]))
    return job


def small_pen(job: GenerationJob, *outlines: str) -> RecordingPen:
    """A pen with a small model's answers, which suggests an excerpt only where it is asked for one."""
    return RecordingPen(job, {"outline": [*outlines], "section": [*SECTIONS], "suggestions": [SUGGESTED]})


def purposes(pen: RecordingPen) -> list[str]:
    return [purpose for purpose, _ in pen.requests if purpose != "suggestions"]


def test_an_outline_job_results_in_titles(job: GenerationJob) -> None:
    assert OutlineWriter().write(pen_of(job)).values == {"outline": TITLES}


@pytest.mark.parametrize("answer", USELESS)
def test_without_a_usable_outline_titles_that_fit_any_subject_stand_in(job: GenerationJob, answer: str) -> None:
    pen = pen_of(job, outline=[answer])
    result = ArticleWriter().write(pen)
    assert len(pen.asked("outline")) == 2
    assert len({request.seed for request in pen.asked("outline")}) == 2
    assert len(result.values["outline"]) == 3
    assert "outline_fallback" in pen.codes()


def test_two_poor_outlines_make_one_good_one(job: GenerationJob) -> None:
    pen = pen_of(job, outline=[ONE, TWO_OTHERS])
    result = ArticleWriter().write(pen)
    assert result.values["outline"] == THREE
    assert pen.notes == []


def test_the_reader_of_a_small_model_has_a_section_before_a_second_outline(small_job: GenerationJob) -> None:
    pen = small_pen(small_job, ONE, TWO_OTHERS)
    result = ArticleWriter().write(pen)
    assert purposes(pen) == ["outline", "section", "outline", "section", "section"]
    assert result.values["outline"] == THREE
    assert pen.outlines[-2:] == [[THREE[0], "Why it matters", "How it began"], THREE]
    assert [f"## {title}" in result.text for title in THREE] == [True, True, True]
    assert pen.notes == []


def test_a_small_model_with_enough_titles_is_not_asked_again(small_job: GenerationJob) -> None:
    pen = small_pen(small_job, json.dumps({"titles": TITLES[:2]}))
    result = ArticleWriter().write(pen)
    assert purposes(pen) == ["outline", "section", "section", "section"]
    assert result.values["outline"] == [*TITLES[:2], "Why it matters"]


@pytest.mark.parametrize("answer", USELESS)
def test_where_a_small_model_has_no_titles_at_all_the_stand_ins_stay(small_job: GenerationJob, answer: str) -> None:
    pen = small_pen(small_job, answer)
    result = ArticleWriter().write(pen)
    assert result.values["outline"] == ["Why it matters", "How it began", "How it works"]
    assert pen.notes[0] == {"code": "outline_fallback", "kept": 0}


def test_a_stand_in_that_is_written_keeps_its_place(small_job: GenerationJob) -> None:
    pen = small_pen(small_job, "", TWO_OTHERS)
    result = ArticleWriter().write(pen)
    assert result.values["outline"] == ["Why it matters", "Planting for bees", "Hives and bees in winter"]


def test_an_outline_of_a_persons_own_is_never_mended(small_job: GenerationJob) -> None:
    small_job.parameters["outline"] = ["Why it matters", "How it began", "How it works"]
    pen = small_pen(small_job, TWO_OTHERS)
    result = ArticleWriter().write(pen)
    assert pen.asked("outline") == []
    assert result.values["outline"] == small_job.parameters["outline"]


@pytest.mark.parametrize("written", [1, 2])
def test_whoever_goes_on_with_a_small_models_article_comes_to_the_same_text(
    small_job: GenerationJob, written: int
) -> None:
    whole = ArticleWriter().write(small_pen(small_job, ONE, TWO_OTHERS)).text
    small_job.state = {}
    first = small_pen(small_job, ONE, TWO_OTHERS)
    first.gone_after = written
    with pytest.raises(Gone):
        ArticleWriter().write(first)
    second: Any = RecordingPen(
        small_job, {"outline": [TWO_OTHERS], "section": SECTIONS[written:], "suggestions": [SUGGESTED]}
    )
    assert ArticleWriter().write(second).text == whole
