"""Advice on the alternative text of images: none, one that says nothing, one that says too much."""

from __future__ import annotations

import pytest

from articles.quality.pictures import check_pictures
from articles.quality.reading import Hint, Level, Reading
from tests.articles.quality.texts import content


def told(body: str) -> list[Hint]:
    return list(check_pictures(Reading(content(body))))


@pytest.mark.parametrize(
    ("alt", "code", "level", "says"),
    [
        ("", "images.no_alt", Level.ADVICE, "Say between the brackets"),
        ("   ", "images.no_alt", Level.ADVICE, "Say between the brackets"),
        ("photo", "images.poor_alt", Level.ADVICE, "Describe it"),
        ("Figura.", "images.poor_alt", Level.ADVICE, "“Figura.” does not say"),
        ("lamp.JPG", "images.poor_alt", Level.ADVICE, "“lamp.JPG” does not say"),
        ("IMG_2024-01", "images.poor_alt", Level.ADVICE, "Describe it"),
        ("Screenshot 3", "images.poor_alt", Level.ADVICE, "Describe it"),
        ("image of a lamp", "images.alt_prefix", Level.INFO, "Begin with what it shows"),
        ("A photograph of a lamp", "images.alt_prefix", Level.INFO, "Begin with what it shows"),
        ("Foto da lâmpada", "images.alt_prefix", Level.INFO, "Begin with what it shows"),
        ("uma imagem do pavio", "images.alt_prefix", Level.INFO, "Begin with what it shows"),
        ("a" * 151, "images.long_alt", Level.INFO, "151 characters. Keep it to a sentence"),
    ],
)
def test_an_image_that_says_too_little_or_too_much_is_told(alt: str, code: str, level: Level, says: str) -> None:
    (hint,) = told(f"Words.\n\nMore words\nand ![{alt}](/media/images/lamp.jpeg) more.")
    assert (hint.code, hint.level, hint.line) == (code, level, 4)
    assert says in hint.message


@pytest.mark.parametrize(
    "alt",
    ["A lamp on a desk", "a" * 150, "The photo that Ana took", "Images of saints", "Imagemaker at work", "Um fotógrafo",
     "lamp.jpeg on a desk"],
)  # fmt: skip
def test_an_image_that_is_described_is_left_in_peace(alt: str) -> None:
    assert told(f"![{alt}](/media/images/lamp.jpeg)") == []


def test_each_image_is_looked_at_wherever_it_stands() -> None:
    text = "# A ![](a)\n\n- ![](b)\n- [![](c)](https://a.example)\n\n| A |\n|---|\n| ![](d) |\n\n> ![](e)\n\n`![](f)`"
    assert [hint.line for hint in told(text)] == [1, 3, 4, 8, 10]
