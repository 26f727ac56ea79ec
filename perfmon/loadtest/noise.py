"""How far a stored run's figures may be off by chance alone, from the figures it kept; pure.

Two things move a percentile between two runs of the same build. Few requests: the standard error of a quantile, with
the spread of the times taken as log-normal between the two percentiles around it. And the machine's own pace, which
drifts: how much the figure moved between stretches of the run, which more requests don't mend.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import Any

#: The normal distribution at the percentiles that are kept: its quantile and its density there.
_NORMAL = {name: (statistics.NormalDist().inv_cdf(p), p) for name, p in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))}
_NEIGHBOURS = {"p50": ("p50", "p95"), "p95": ("p50", "p95"), "p99": ("p95", "p99")}
STRETCH_S, LEAST_STRETCHES = 10, 3
LEAST_SPREAD = 0.02
#: What two runs of one build differ by at least, in standard deviations of the logarithm.
FLOOR = 0.02


def relative_error(times: Mapping[str, float | None], figure: str, count: int) -> float | None:
    """Return the standard error of a percentile's logarithm, None where it was not measured.

    ``times`` is ``figures.times_ms``.
    """
    low, high = (times.get(name) for name in _NEIGHBOURS[figure])
    if not low or not high or not count:
        return None
    (low_z, _), (high_z, _) = (_NORMAL[name] for name in _NEIGHBOURS[figure])
    spread = max(LEAST_SPREAD, math.log(high / low) / (high_z - low_z))
    z, share = _NORMAL[figure]
    return spread * math.sqrt(share * (1 - share) / count) / statistics.NormalDist().pdf(z)


def drift(series: Mapping[str, Any], column: str) -> float:
    """Return how much a column of a run's series moves between stretches of it: deviation of the logarithm.

    ``series`` is ``LoadRun.series``; ``FLOOR`` where there are too few stretches to say, and at least.
    """
    columns, rows = series.get("columns", []), series.get("rows", [])
    if column not in columns:
        return FLOOR
    at, size = columns.index(column), max(1, round(STRETCH_S / (series.get("step_s") or 1)))
    stretches = [[row[at] for row in rows[n : n + size] if row[at]] for n in range(0, len(rows), size)]
    middles = [math.log(statistics.median(one)) for one in stretches if one]
    return max(FLOOR, statistics.stdev(middles)) if len(middles) >= LEAST_STRETCHES else FLOOR
