"""The slope of a line through points that may lie, by Theil and Sen, with a band that holds it.

H. Theil, "A rank-invariant method of linear and polynomial regression analysis" (1950); P. K. Sen, "Estimates of the
regression coefficient based on Kendall's tau", JASA 63 (1968): the slope is the median of the slopes between all pairs
of points, and the band lies between two of them whose ranks follow from the variance of Kendall's tau. It holds for
points whose errors are independent; memory's are not quite, see ``perfmon.perftest.growth``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import NormalDist, median

CONFIDENCE = 0.95
MIN_POINTS = 5

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope and the band it lies in with ``CONFIDENCE``."""

    value: float
    low: float
    high: float


def slope_of(points: Sequence[Point], confidence: float = CONFIDENCE) -> Slope:
    """Return the slope of y over x; raises ValueError for fewer than ``MIN_POINTS`` points or for equal x."""
    count = len(points)
    if count < MIN_POINTS or len({x for x, _ in points}) != count:
        raise ValueError(f"A slope needs {MIN_POINTS} points or more, each at an x of its own.")
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2))
    spread = NormalDist().inv_cdf((1 + confidence) / 2) * sqrt(count * (count - 1) * (2 * count + 5) / 18)
    first = max(0, round((len(slopes) - spread) / 2) - 1)
    last = min(len(slopes) - 1, round((len(slopes) + spread) / 2))
    return Slope(median(slopes), slopes[first], slopes[last])
