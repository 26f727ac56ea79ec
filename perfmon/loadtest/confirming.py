"""No alarm at the first sight: a build that seems slower, or can't be told, is measured again before that is said.

Noise only adds to what is measured, so more rounds bring what was disturbed back, and what is slower stays slower. A
machine that is shared can be slow for a minute in a way that the yardstick does not show: hence several times.
"""

from __future__ import annotations

from collections.abc import Callable

from perfmon.loadtest.compare import compare
from perfmon.loadtest.comparisons import TOLERANCE_PCT, Comparison, Side
from perfmon.loadtest.rounds import Rounds
from perfmon.trends import Verdict

#: Up to so often more.
AGAIN = {Verdict.WORSE: 3, Verdict.UNKNOWN: 2}


def confirmed(
    measure: Callable[[], list[Rounds]], baseline: Rounds | None = None, *, tolerance_pct: float = TOLERANCE_PCT,
    before: Side | None = None, after: Side | None = None,
) -> tuple[Rounds, Comparison]:  # fmt: skip
    """Return a build's rounds and how they compare.

    ``measure`` returns the build's rounds; without a baseline also, as a second, those of the old one beside it.
    """
    measured = measure()
    again = 0
    while True:
        old, beside = (baseline, False) if baseline else (measured[1], True)
        found = compare(old, measured[0], tolerance_pct=tolerance_pct, before=before, after=after, beside=beside)
        if not found.comparable or again >= AGAIN.get(found.verdict, 0):
            return measured[0], found
        measured = [one.and_more(more) for one, more in zip(measured, measure(), strict=True)]
        again += 1
