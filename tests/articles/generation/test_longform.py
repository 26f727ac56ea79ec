"""Long articles: outline first, then section by section, each a checkpoint; what comes out badly is asked again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from articles.enums import Origin, Status
from articles.generation.longform import ArticleWriter
from articles.models import Category, GenerationJob
from tests.articles.generation.pen import Gone, RecordingPen

TITLES = ["Why farms need bees", "Planting for bees", "Bees through the winter"]
PLAN = json.dumps({"titles": TITLES})
SUGGESTED = json.dumps({"title": ["Bees on the farm", "A farm for bees", "Bees at work"], "excerpt": "Bees set seed.",
                        "description": "What bees do.", "tags": ["bees", "farming"]})  # fmt: skip


SECTIONS = """\
Apples, beans and oilseed set far more fruit where bees fly. A grower who counts blossoms in May can tell by July how
many were visited. Yields in a cold spring fall first on the side of an orchard that lies away from the hives.

Sow strips of clover and phacelia along the edges, a few metres wide. Mow one half in June and the other in August, so
that something is always open. Hedges of hawthorn and willow feed the first queens when fields are still bare.

Colonies eat what they stored, about fifteen kilos until March. Leave them that much, or feed sugar in September. Mice
come in through wide entrances, and damp kills more colonies than frost does, so tilt the hive a little.
"""


def section(number: int) -> str:
    return SECTIONS.strip().split("\n\n")[number - 1]


@pytest.fixture
def job(author: User) -> GenerationJob:
    return GenerationJob(
        pk=7, kind="article", owner=author, language="en",
        parameters={"title": "Bees and farms", "words": 300, "brief": "", "tone": "neutral"},
    )  # fmt: skip


def pen_of(job: GenerationJob, **answers: Any) -> RecordingPen:
    given = {"outline": [PLAN], "section": [section(1), section(2), section(3)], "suggestions": [SUGGESTED], **answers}
    return RecordingPen(job, given)


def test_an_article_has_its_sections_under_their_headings(job: GenerationJob) -> None:
    pen = pen_of(job)
    result = ArticleWriter().write(pen)
    assert pen.outlines == [TITLES[:count] for count in range(1, len(TITLES) + 1)]  # as they came
    assert result.text == "\n\n".join(f"## {title}\n\n{section(n)}" for n, title in enumerate(TITLES, 1))
    assert result.values["excerpt"] == "Bees set seed."
    assert [stage for stage in pen.stages if stage[1]] == [("section", 1), ("section", 2), ("section", 3)]
    assert pen.notes == []


def test_an_outline_that_was_given_is_not_asked_for(job: GenerationJob) -> None:
    job.parameters["outline"] = ["One thing", "Another thing", "A third thing"]
    pen = pen_of(job)
    result = ArticleWriter().write(pen)
    assert pen.asked("outline") == []
    assert "## Another thing" in result.text


def test_a_later_runner_goes_on_after_the_last_section_and_comes_to_the_same_text(job: GenerationJob) -> None:
    whole = ArticleWriter().write(pen_of(job)).text
    job.state = {}
    first = pen_of(job)
    first.gone_after = 2
    with pytest.raises(Gone):
        ArticleWriter().write(first)
    assert len(job.state["sections"]) == 2
    second = pen_of(job, section=[section(3)])
    assert ArticleWriter().write(second).text == whole
    assert len(second.asked("section")) == 1
    assert second.asked("outline") == []


def test_a_section_that_came_out_empty_is_asked_once_more_with_another_seed(job: GenerationJob) -> None:
    pen = pen_of(job, section=["Sure, here is the text:", section(1), section(2), section(3)])
    result = ArticleWriter().write(pen)
    one, two = pen.asked("section")[:2]
    assert one.messages == two.messages
    assert one.seed != two.seed
    assert section(1) in result.text
    assert pen.notes == []


def test_a_section_that_stays_short_is_kept_with_a_note(job: GenerationJob) -> None:
    pen = pen_of(job, section=["Only this.", "Or that one.", section(2), section(3)])
    result = ArticleWriter().write(pen)
    assert "Or that one." in result.text
    assert pen.notes == [{"code": "section_short", "section": 1, "title": TITLES[0], "words": 3}]


def test_a_loop_is_cut_with_a_note_and_what_was_good_is_kept(job: GenerationJob) -> None:
    looping = section(1) + " Bees are a part of the food supply and of the farm." * 9
    pen = pen_of(job, section=[looping, section(2), section(3)])
    result = ArticleWriter().write(pen)
    assert result.text.count("food supply") == 1
    assert [note["code"] for note in pen.notes] == ["repetition_cut"]


def test_the_same_job_asks_the_same_again(job: GenerationJob) -> None:
    first, second = pen_of(job), pen_of(job)
    ArticleWriter().write(first)
    job.state = {}
    ArticleWriter().write(second)
    assert first.requests == second.requests


def test_what_comes_of_it_is_a_draft_that_says_a_model_wrote_it(job: GenerationJob) -> None:
    category = Category.objects.create(name="Farming", slug="farming")
    job.parameters = {**job.parameters, "title": "", "brief": "About bees.", "category_id": category.pk}
    writer = ArticleWriter()
    article = writer.finish(job, writer.write(pen_of(job)))
    assert article.title == "Bees on the farm"
    assert (article.status, article.origin, article.category) == (Status.DRAFT, Origin.AI, category)
    assert sorted(tag.name for tag in article.tags.all()) == ["bees", "farming"]
    assert article.seo_description == "What bees do."


def test_a_category_that_is_gone_costs_no_article(job: GenerationJob) -> None:
    job.parameters = {**job.parameters, "category_id": 987}
    writer = ArticleWriter()
    assert writer.finish(job, writer.write(pen_of(job))).category is None


def test_suggestions_that_are_no_use_come_from_the_text_with_a_note(job: GenerationJob) -> None:
    pen = pen_of(job, suggestions=["I can't."])
    result = ArticleWriter().write(pen)
    assert result.values["excerpt"].startswith("Apples, beans and oilseed")
    assert "suggestions_fallback" in pen.codes()
