"""The design tokens: every text is readable on its ground in both themes, every line can be seen."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

import perfmon

CSS = (Path(perfmon.__file__).parent / "static" / "perfmon" / "tokens.css").read_text()
PAIRS = {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)}
THEMES = {"light": 0, "dark": 1}
TEXTS = ["text", "text-muted", "accent", "good", "warn", "bad"]
INKS = [
    "p50",
    "p90",
    "p95",
    "p99",
    "status-2xx",
    "status-3xx",
    "status-4xx",
    "status-5xx",
    *(f"series-{letter}" for letter in "abcdef"),
]


def luminance(color: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, theme: str) -> float:
    """The contrast of two tokens, from 1 to 21."""
    high, low = sorted((luminance(PAIRS[name][THEMES[theme]]) for name in (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["ground", "surface", "raised", "sunken"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_readable_on_every_ground(text, ground, theme):
    assert contrast(text, ground, theme) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("text", "ground"), [("accent", "accent-ground"), ("text", "accent-ground"), ("on-accent", "accent")]
)
def test_a_chosen_thing_is_readable(text, ground, theme):
    assert contrast(text, ground, theme) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", INKS)
def test_a_line_can_be_told_from_the_surface(ink, theme):
    assert contrast(ink, "surface", theme) >= 2.5


@pytest.mark.parametrize("theme", THEMES)
def test_percentiles_go_from_light_to_dark(theme):
    steps = [luminance(PAIRS[name][THEMES[theme]]) for name in ("p50", "p90", "p95", "p99")]
    assert all(lighter > darker * 1.3 for lighter, darker in pairwise(steps))
