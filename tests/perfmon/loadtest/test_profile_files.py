"""A profile of one's own: read from a file, refused with the key and the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perfmon.exceptions import LoadTestError
from perfmon.loadtest.profile_files import EXAMPLE, profile_from, read_profile
from perfmon.loadtest.profiles import Stage

STAGES = [{"duration_s": 10, "target": 5}]


def test_the_example_is_a_profile(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(EXAMPLE)
    profile = read_profile(tmp_path / "mine.toml")

    assert (profile.name, profile.model, profile.stages) == ("mine", "open", (Stage(30, 50), Stage(120, 50)))
    assert profile.thresholds[-1] == "GET /api/articles: p99 < 800 ms"


def test_a_search_is_a_profile_too() -> None:
    profile = profile_from({"search": {"start": 5, "growth": 2, "refine": 4}}, "mine")
    assert profile.search is not None
    assert (profile.search.start, profile.search.growth, profile.search.refine) == (5.0, 2.0, 4)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "stages, or a search"),
        ({"stages": STAGES, "search": {}, "modl": "open"}, "modl is no key; did you mean model"),
        ({"stages": STAGES, "search": {"start": 1}}, "and not both"),
        ({"stages": STAGES, "model": "half"}, "model must be one of open, closed"),
        ({"search": {"start": 1}, "model": "closed"}, "needs the open model"),
        ({"stages": [{"duration_s": 10}]}, r"stages\[0\].target is missing"),
        ({"stages": [{"duration_s": -1, "target": 5}]}, r"stages\[0\].duration_s must be a number from 0"),
        ({"stages": [{"duration_s": 10, "target": "5"}]}, r"stages\[0\].target must be a number"),
        ({"stages": [{"duration_s": 10, "target": True}]}, r"stages\[0\].target must be a number"),
        ({"stages": [{"duration": 10, "target": 5}]}, r"stages\[0\].duration is no key; did you mean duration_s"),
        ({"stages": 5}, "stages must be a list"),
        ({"stages": STAGES, "thresholds": ["quick"]}, "thresholds: 'quick' is no threshold"),
        ({"stages": STAGES, "thresholds": "p95 < 1 s"}, "thresholds must be a list"),
        ({"stages": STAGES, "think_s": [3, 1]}, "begin with the shorter"),
        ({"stages": STAGES, "think_s": 3}, "think_s must be two numbers"),
        ({"search": {"growth": 1}}, "growth must be more than 1"),
        ({"search": 5}, "search must be a table"),
    ],
)
def test_a_mistake_names_its_key_and_the_fix(given: dict[str, Any], words: str) -> None:
    with pytest.raises(LoadTestError, match=words):
        profile_from(given, "mine")


def test_a_file_that_is_none_says_which(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_bytes(b"stages = [\xff")
    for name, words in (("missing.toml", "can't be read"), ("broken.toml", "no TOML file")):
        with pytest.raises(LoadTestError, match=words) as found:
            read_profile(tmp_path / name)
        assert name in str(found.value)
