"""The ranges a page can show, and at which resolution each is read so that every read is bounded.

================  =============  ==================  ======
resolution        kept           where               bucket
================  =============  ==================  ======
second            15 min         fine store          1 s
ten               24 h           fine store          10 s
minute            90 days        SQL                 60 s
hour              2 years        SQL                 3600 s
day               2 years        SQL, for totals     86400 s
================  =============  ==================  ======
"""

from __future__ import annotations

from dataclasses import dataclass

SECOND, TEN, MINUTE, HOUR, DAY = 1, 10, 60, 3600, 86_400
SECOND_KEEP_S = 900
FINE_STEPS = (SECOND, TEN)


@dataclass(frozen=True, slots=True)
class Range:
    """A length of time up to now: read in buckets of ``bucket_s``, drawn in steps of ``step_s`` (a multiple)."""

    name: str
    seconds: int
    bucket_s: int
    step_s: int

    def span(self, now: float) -> tuple[int, int]:
        """Return ``[start, end)`` in Unix seconds, both on the step's grid; the last step is the one ``now`` is in."""
        end = (int(now) // self.step_s + 1) * self.step_s
        return end - self.seconds, end

    def previous(self, now: float) -> tuple[int, int]:
        """Return the span of the same length just before."""
        start, _ = self.span(now)
        return start - self.seconds, start

    @property
    def points(self) -> int:
        """How many steps one chart has."""
        return self.seconds // self.step_s


RANGES: dict[str, Range] = {
    item.name: item
    for item in (
        Range("5m", 300, SECOND, 5),
        Range("1h", 3_600, TEN, 20),
        Range("6h", 21_600, MINUTE, 60),
        Range("24h", 86_400, MINUTE, 300),
        Range("7d", 604_800, HOUR, 3_600),
        Range("30d", 2_592_000, HOUR, 10_800),
        Range("90d", 7_776_000, HOUR, 43_200),
    )
}
DEFAULT_RANGE = "5m"
