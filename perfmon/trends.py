"""Trends: a window against the one before it, as a verdict that knows direction, noise and too little data. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a change means for the people served."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trend:
    """A verdict with the change it rests on, in percent of the value before; None when there is no such percentage."""

    verdict: Verdict
    change_pct: float | None = None


def compare(
    current: float | None,
    previous: float | None,
    *,
    current_count: int,
    previous_count: int,
    higher_is_better: bool,
    noise_pct: float,
    min_count: int,
) -> Trend:
    """Compare a figure with the one of the window before.

    Fewer than ``min_count`` events on either side say nothing. A change within ``noise_pct`` is the same. From zero,
    any rise is a change without a percentage.
    """
    if current is None or previous is None or min(current_count, previous_count) < min_count:
        return Trend(Verdict.UNKNOWN)
    if previous == 0:
        return Trend(Verdict.SAME, 0.0) if current == 0 else Trend(_verdict(current > 0, higher_is_better))
    change_pct = 100 * (current - previous) / abs(previous)
    if abs(change_pct) <= noise_pct:
        return Trend(Verdict.SAME, change_pct)
    return Trend(_verdict(change_pct > 0, higher_is_better), change_pct)


def _verdict(rose: bool, higher_is_better: bool) -> Verdict:
    return Verdict.BETTER if rose == higher_is_better else Verdict.WORSE
