"""Slopes of a line through points that may lie, each with a band that holds it.

Of all pairs: H. Theil, "A rank-invariant method of linear and polynomial regression analysis" (1950), and P. K. Sen,
"Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968). The slope is the median of the slopes
between all pairs of points; the band lies between two of them whose ranks follow from the variance of Kendall's tau.

Of neighbours: the median of the slopes from each point to the next, and the band between two of them whose ranks follow
from the binomial distribution, as in the sign test (H. A. David and H. N. Nagaraja, "Order Statistics", 7.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import sqrt
from statistics import NormalDist, median

CONFIDENCE = 0.95
MIN_POINTS = 5
_SIGMAS = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope and the band it lies in with ``CONFIDENCE``."""

    value: float
    low: float
    high: float


def slope_of_all(points: Sequence[Point]) -> Slope:
    """Return the slope of all pairs; raises ValueError for fewer than ``MIN_POINTS`` points or for equal x."""
    count = _counted(points)
    return _median(combinations(points, 2), sqrt(count * (count - 1) * (2 * count + 5) / 18))


def slope_of_neighbours(points: Sequence[Point]) -> Slope:
    """Return the slope of neighbours; raises ValueError for fewer than ``MIN_POINTS`` points or for equal x.

    Of jumps between readings it hears nothing, as long as they are fewer than half of the steps.
    """
    return _median(pairwise(points), sqrt(_counted(points) - 1))


def _counted(points: Sequence[Point]) -> int:
    if len(points) < MIN_POINTS or len({x for x, _ in points}) != len(points):
        raise ValueError(f"A slope needs {MIN_POINTS} points or more, each at an x of its own.")
    return len(points)


def _median(pairs: Iterable[tuple[Point, Point]], deviation: float) -> Slope:
    """Return the median of the pairs' slopes; ``deviation`` is that of twice a rank."""
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairs)
    first = max(0, round((len(slopes) - _SIGMAS * deviation) / 2) - 1)
    last = min(len(slopes) - 1, round((len(slopes) + _SIGMAS * deviation) / 2))
    return Slope(median(slopes), slopes[first], slopes[last])
