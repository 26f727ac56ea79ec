"""Whether a server's memory grows with the requests it answers: by slope, in every part of the measured stretch.

Memory also grows once and then no more: caches fill, threads take their share, allocators get an arena at a time. So
the beginning is left out, and both the lower end of the slope's band and the slope of each of three parts must be above
the limit. One step, however high, is in one part; what levels off is flat in the last. The parts also make up for what
the band leaves out: readings of memory follow one another, their errors are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from perfmon.perftest.slopes import MIN_POINTS, Point, Slope, slope_of

PARTS = 3
MIN_READINGS = PARTS * MIN_POINTS


@dataclass(frozen=True, slots=True)
class Growth:
    """Bytes a request: over the whole stretch, and in each of its parts."""

    whole: Slope
    parts: tuple[Slope, ...]

    @property
    def lasting_bytes(self) -> float:
        """What it surely grows by, and goes on to: the band's lower end, or the slope of the least part."""
        return min(self.whole.low, *(part.value for part in self.parts))


def growth_of(readings: Sequence[Point]) -> Growth:
    """Return the growth over readings of (requests answered, bytes); raises ValueError for fewer than MIN_READINGS."""
    if len(readings) < MIN_READINGS:
        raise ValueError(f"{len(readings)} readings of memory say nothing; {MIN_READINGS} are needed.")
    edges = [round(at * len(readings) / PARTS) for at in range(PARTS + 1)]
    parts = tuple(slope_of(readings[start:end]) for start, end in pairwise(edges))
    return Growth(slope_of(readings), parts)
