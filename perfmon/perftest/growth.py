"""Whether a server's memory grows with the requests it answers.

Memory also grows in other ways, and a leak must be told from them:

- once and then no more: caches fill, threads take their share. So a trend must be there in each third of the readings;
- in jumps: allocators take a piece, a collector works each few seconds. Jumps lie between readings, a leak in each
  step, so the median step from one reading to the next tells it from them, however many jumps there are;
- up and down: garbage is taken away now and then. So the slope over all pairs of readings must be there as well;
- with time: what is left of that is measured (``perfmon.perftest.drifting``) and taken off.

A leak in blocks, which keeps a piece each few hundred requests, looks like those jumps. It is told from them by its
size: the slope of all pairs counts by itself, in each third, when it is ``IN_JUMPS`` times as high.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from perfmon.perftest.slopes import MIN_POINTS, Point, Slope, slope_of_all, slope_of_neighbours

PARTS = 3
IN_JUMPS = 10
MIN_READINGS = PARTS * MIN_POINTS


class Reading(NamedTuple):
    """So many bytes after so many requests and seconds."""

    requests: int
    bytes_: int
    at_s: float


class Drift(NamedTuple):
    """Growth in bytes a second with hardly a request: the most a usual second has for certain, and the mean."""

    steady: float = 0.0
    mean: float = 0.0


@dataclass(frozen=True, slots=True)
class Trend:
    """A slope over the whole and in each part, in bytes a request."""

    whole: Slope
    parts: tuple[float, ...]

    @property
    def least(self) -> float:
        """What it surely is, and in each part."""
        return min(self.whole.low, *self.parts)


@dataclass(frozen=True, slots=True)
class Growth:
    """The trend from reading to reading, what is left of it over all pairs, and the trend over all pairs by itself.

    The first two are without the drift of a usual second, the last without all that came with the time.
    """

    steady: Trend
    left: float
    overall: Trend

    @property
    def lasting_bytes(self) -> float:
        """The bytes a request that memory grows by for certain and goes on to."""
        return max(min(self.steady.least, self.left), self.overall.least / IN_JUMPS)


def growth_of(readings: Sequence[Reading], drift: Drift = Drift()) -> Growth:  # noqa: B008  (a constant)
    """Return the growth; raises ValueError for fewer than ``MIN_READINGS`` readings."""
    if len(readings) < MIN_READINGS:
        raise ValueError(f"{len(readings)} readings of memory say nothing; {MIN_READINGS} are needed.")
    steady, overall = ([(one.requests, one.bytes_ - a_second * one.at_s) for one in readings] for a_second in drift)
    return Growth(_trend(slope_of_neighbours, steady), slope_of_all(steady).value, _trend(slope_of_all, overall))


def _trend(slope_of: Callable[[Sequence[Point]], Slope], points: Sequence[Point]) -> Trend:
    edges = [round(at * len(points) / PARTS) for at in range(PARTS + 1)]
    return Trend(slope_of(points), tuple(slope_of(points[start:end]).value for start, end in pairwise(edges)))
