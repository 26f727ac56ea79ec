"""What somebody wants written is checked once, for every door."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from articles.generation import choices
from articles.generation.wishes import article_wish, wish_of


def refused(**raw: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        article_wish(raw)
    return caught.value.message_dict


def test_a_title_alone_is_enough() -> None:
    wish = article_wish({"title": "  Why bees\nmatter "})
    assert (wish.title, wish.words, wish.tone) == ("Why bees matter", choices.DEFAULT_WORDS, "neutral")
    assert wish.language == "en"


def test_a_row_of_a_table_gives_lists_and_numbers_as_text() -> None:
    wish = article_wish({
        "title": "Bees", "words": " 800 ", "keywords": "honey, farm; Honey", "outline": "Why\n\nHow bees fly",
        "language": "PT-BR", "category_id": "7",
    })  # fmt: skip
    assert wish.keywords == ("honey", "farm")
    assert wish.outline == ("Why", "How bees fly")
    assert (wish.words, wish.language, wish.category_id) == (800, "pt-br", 7)


def test_what_a_job_keeps_makes_the_same_wish() -> None:
    wish = article_wish({"brief": "About bees.\nAnd honey.", "keywords": ["honey"], "outline": ["Why"], "words": 900})
    assert wish_of(wish.parameters(), wish.language) == wish


def test_nothing_to_write_about_is_refused() -> None:
    assert "title or a brief" in refused(title="  ", brief="\n")["brief"][0]


def test_each_wrong_field_is_named_with_what_to_do() -> None:
    errors = refused(
        title="x" * 300, brief="x" * 100_000, tone="angry", words=99, language="fr",
        keywords=list("abcdefghijklmnopqrstuvw"),
        outline=[f"Part {number}" for number in range(13)], category_id="news", audience=3,
    )  # fmt: skip
    assert set(errors) == {
        "title", "brief", "tone", "words", "language", "keywords", "outline", "category_id", "audience",
    }  # fmt: skip
    assert "100000 characters, and 4000 is the most" in errors["brief"][0]
    assert "neutral" in errors["tone"][0]
    assert "between 100 and 3000" in errors["words"][0]


@pytest.mark.parametrize("field", ["title", "brief", "audience"])
@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x85", "\ud800"])
def test_control_characters_are_refused(field: str, character: str) -> None:
    assert "control characters" in refused(**{"title": "Bees", field: f"a{character}b"})[field][0]


@given(
    st.dictionaries(
        st.sampled_from(
            ["title", "brief", "tone", "words", "language", "keywords", "outline", "audience", "category_id"]
        ),
        st.none() | st.integers() | st.text() | st.lists(st.text() | st.integers()) | st.booleans(),
    )
)
def test_any_input_is_a_wish_or_a_refusal_that_names_fields(raw: dict[str, Any]) -> None:
    try:
        wish = article_wish(raw)
    except ValidationError as error:
        named = error.message_dict
        assert named
        return
    assert wish_of(wish.parameters(), wish.language) == wish
    assert article_wish({**wish.parameters(), "language": wish.language}) == wish
