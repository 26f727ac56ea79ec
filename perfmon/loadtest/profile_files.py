"""Profiles of one's own, in a TOML file: every key is checked, and a mistake is named with its fix."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from perfmon.exceptions import LoadTestError
from perfmon.loadtest.models import MAX_NAME_CHARS
from perfmon.loadtest.plans import MODELS
from perfmon.loadtest.profiles import Profile, Search, Stage
from perfmon.loadtest.thresholds import ThresholdError, parse

MOST_STAGES, MOST_S, MOST_TARGET = 100, 86_400, 100_000
EXAMPLE = """\
model = "open"                       # or "closed": targets are users then, else arrivals a second
stages = [
  { duration_s = 30, target = 50 },  # up to 50 within half a minute
  { duration_s = 120, target = 50 },
]
thresholds = ["p95 < 500 ms", "errors < 1 %", "GET /api/articles: p99 < 800 ms"]
"""
_NUMBERS = ("warm_up_s", "most_users")


def read_profile(path: Path) -> Profile:
    """Return the profile of a file; raises LoadTestError naming file, key and fix."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoadTestError(f"{path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LoadTestError(f"{path} is no TOML file: {error}. An example:\n{EXAMPLE}") from error
    try:
        return profile_from(given, path.stem)
    except LoadTestError as error:
        raise LoadTestError(f"{path}: {error}") from error


def profile_from(given: dict[str, Any], name: str) -> Profile:
    """Return the profile that the keys describe; raises LoadTestError naming key and fix."""
    _known("", given, Profile)
    if bool(given.get("stages")) == bool(given.get("search")):
        raise LoadTestError("give it stages, or a search for the break point, and not both.")
    model = given.get("model", "open")
    if model not in MODELS:
        raise LoadTestError(f"model must be one of {', '.join(MODELS)}, not {model!r}.")
    if given.get("search") and model != "open":
        raise LoadTestError("a search needs the open model: leave model out.")
    for key in _NUMBERS:
        if key in given:
            _number(key, given[key], MOST_S)
    return Profile(**{
        "name": str(given.get("name", name))[:MAX_NAME_CHARS],
        "about": str(given.get("about", "")),
        **{key: given[key] for key in _NUMBERS if key in given},
        **({"scenario": str(given["scenario"])} if "scenario" in given else {}),
        **({"think_s": _think(given["think_s"])} if "think_s" in given else {}),
        "model": model,
        "thresholds": _thresholds(given.get("thresholds", [])),
        "stages": _stages(given.get("stages", [])),
        "search": _search(given["search"]) if given.get("search") else None,
    })  # fmt: skip


def _known(where: str, given: dict[str, Any], kind: type) -> None:
    names = [one.name for one in fields(kind)]
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            raise LoadTestError(f"{where}{key} is no key; {f'did you mean {near[0]}?' if near else ', '.join(names)}")


def _stages(given: Any) -> tuple[Stage, ...]:
    if not isinstance(given, list) or len(given) > MOST_STAGES or not all(isinstance(one, dict) for one in given):
        raise LoadTestError(f"stages must be a list of at most {MOST_STAGES} tables with duration_s and target.")
    stages = []
    for place, one in enumerate(given):
        where = f"stages[{place}]."
        _known(where, one, Stage)
        missing = [name for name in ("duration_s", "target") if name not in one]
        if missing:
            raise LoadTestError(f"{where}{missing[0]} is missing.")
        stages.append(
            Stage(
                _number(f"{where}duration_s", one["duration_s"], MOST_S),
                _number(f"{where}target", one["target"], MOST_TARGET),
            )
        )
    return tuple(stages)


def _search(given: Any) -> Search:
    if not isinstance(given, dict):
        raise LoadTestError("search must be a table.")
    _known("search.", given, Search)
    defaults = {one.name: one.default for one in fields(Search) if one.default is not MISSING}
    found = {name: _number(f"search.{name}", value, MOST_TARGET) for name, value in given.items()}
    if found.get("growth", 2) <= 1:
        raise LoadTestError("search.growth must be more than 1: each step is so many times the one before.")
    whole: dict[str, Any] = {name: type(defaults[name])(value) for name, value in found.items()}
    return Search(**whole)


def _think(given: Any) -> tuple[float, float]:
    if not isinstance(given, list) or len(given) != 2:
        raise LoadTestError("think_s must be two numbers, the shortest and the longest pause: [1, 3].")
    shortest, longest = (_number("think_s", one, MOST_S) for one in given)
    if shortest > longest:
        raise LoadTestError("think_s must begin with the shorter pause.")
    return shortest, longest


def _thresholds(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise LoadTestError("thresholds must be a list of texts.")
    try:
        return tuple(parse(one).text for one in given)
    except ThresholdError as error:
        raise LoadTestError(f"thresholds: {error}") from error


def _number(key: str, value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise LoadTestError(f"{key} must be a number from 0 to {most}, not {value!r}.")
    return value
