"""The decayed sum of an article's views, as a number that never has to be decayed. Pure; docs/popularity.md derives it.

With half-life ``H``, a view at ``t`` is worth ``2 ** (-(now - t) / H)`` now. All rows lose the same share in the same
time, so their order does not depend on ``now``: what is stored is ``log2(1 + sum(2 ** ((t - EPOCH) / H)))``.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

HALF_LIFE = timedelta(days=7)
#: Never to be moved: all stored scores are relative to it.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
#: A sum this many doublings above another swallows it in a float; databases refuse a power that small.
NEGLIGIBLE_DOUBLINGS = 60.0
LN_2 = math.log(2.0)


def weight_log2(views: int, at: datetime) -> float:
    """Return the logarithm of what ``views`` at one moment add to the sum."""
    return math.log2(views) + (at - EPOCH) / HALF_LIFE


def score_added(score: float, views: int, at: datetime) -> float:
    """Return the score after ``views`` more; ``articles.services.views`` has the same in SQL."""
    added = weight_log2(views, at)
    apart = min(abs(score - added), NEGLIGIBLE_DOUBLINGS)
    return max(score, added) + math.log2(1.0 + 2.0**-apart)
