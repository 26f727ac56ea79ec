"""Thresholds: what a run must hold to, read from one line each and judged at its end; pure.

``p95 < 500 ms``, ``errors < 1 %``, ``rate > 18 /s``, and for one action alone ``GET /api/articles: p99 < 2 s``. Times
are latencies, which in the open model count from the intended start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

TIMES = ("p50", "p95", "p99", "mean", "max")
EXAMPLES = '"p95 < 500 ms", "errors < 1 %", "rate > 18 /s" or "GET /api/articles: p99 < 2 s"'
_LINE = re.compile(
    r"(?:(?P<action>.*\S)\s*:\s+)?(?P<figure>\w+)\s*(?P<sign>[<>])=?\s*(?P<limit>\d+(?:\.\d+)?)\s*(?P<unit>[^\s\d]+)"
)
#: What a figure is measured in, and how many of that one of the unit is.
_UNITS: dict[str, dict[str, float]] = {
    **{name: {"ms": 1.0, "s": 1000.0} for name in TIMES},
    "errors": {"%": 1.0},
    "rate": {"/s": 1.0},
}
_SIGNS = {**dict.fromkeys((*TIMES, "errors"), "<"), "rate": ">"}


class ThresholdError(ValueError):
    """A line that is no threshold; the message quotes it and says how it should read."""


class Threshold(NamedTuple):
    """One limit: times in ms, errors in percent, the rate in requests a second. No action: of the whole run."""

    text: str
    action: str
    figure: str
    limit: float

    @property
    def unit(self) -> str:
        """The unit its figure is measured in."""
        return next(iter(_UNITS[self.figure]))


def parse(text: str) -> Threshold:
    """Read one line; raises ThresholdError."""
    match = _LINE.fullmatch(text.strip())
    if match is None:
        raise ThresholdError(f"{text!r} is no threshold. Write it like {EXAMPLES}.")
    figure, unit, sign = match["figure"].lower(), match["unit"], match["sign"]
    if figure not in _UNITS:
        raise ThresholdError(f"{text!r} names no figure there is; figures are {', '.join(_UNITS)}.")
    if unit not in _UNITS[figure]:
        raise ThresholdError(f"{text!r}: {figure} is measured in {' or '.join(_UNITS[figure])}, not in {unit!r}.")
    if sign != _SIGNS[figure]:
        raise ThresholdError(f"{text!r}: a limit of {figure} is written with {_SIGNS[figure]!r}.")
    return Threshold(text.strip(), match["action"] or "", figure, float(match["limit"]) * _UNITS[figure][unit])


def judge(thresholds: Iterable[Threshold], summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a verdict for each: ``text action figure limit unit measured passed``; what was not measured fails."""
    lines = {line["name"]: line for line in summary["actions"]}
    verdicts = []
    for one in thresholds:
        measured = _measured(one, lines.get(one.action) if one.action else summary["total"])
        above = measured is not None and (measured > one.limit if one.figure == "rate" else measured < one.limit)
        verdicts.append(one._asdict() | {"unit": one.unit, "measured": measured, "passed": above})
    return verdicts


def unknown_actions(thresholds: Iterable[Threshold], names: Iterable[str]) -> list[str]:
    """Return the actions that are named by thresholds and done by nobody."""
    known = set(names)
    return [one.action for one in thresholds if one.action and one.action not in known]


def _measured(threshold: Threshold, line: Mapping[str, Any] | None) -> float | None:
    if line is None or not line["count"]:
        return None
    if threshold.figure in TIMES:
        return line["latency"][threshold.figure]  # type: ignore[no-any-return]
    return line["error_pct" if threshold.figure == "errors" else "rate"]  # type: ignore[no-any-return]
