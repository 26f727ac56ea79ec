"""How latencies spread: a tiny one for a table row on a fixed scale, a full one for an endpoint's page. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

from django.utils.translation import gettext as _

from perfmon.histogram import BUCKET_LIMIT, Cumulative, Histogram, bucket_middle
from perfmon.panels import formats
from perfmon.series import NS_PER_MS

# 1 ms to 10 s in three parts a factor of ten, the same for every row so that rows compare at a glance
SPREAD_EDGES_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
MAX_BARS = 40
_MIDDLES_MS = [bucket_middle(at) / NS_PER_MS for at in range(BUCKET_LIMIT)]
_FIRST_BUCKETS = [bisect_left(_MIDDLES_MS, edge) for edge in SPREAD_EDGES_MS]  # of each part but the lowest


def spread(cumulative: Cumulative) -> str:
    """Return a digit for each part of the fixed latency scale: 9 for the fullest, 0 only where there is none."""
    reached = [cumulative.below(first) for first in (*_FIRST_BUCKETS, BUCKET_LIMIT)]
    counts = [high - low for low, high in pairwise((0, *reached))]
    top = max(counts)
    return "".join(str(max(1, round(9 * count / top)) if count else 0) for count in counts)


def latency_bars(histogram: Histogram) -> list[dict[str, Any]]:
    """Return bars of equal width on a log scale: ``from``, ``to`` and ``label`` in words, ``part`` and ``y``.

    ``part`` is the height in percent of the fullest bar, ``y`` what is left above it.
    """
    edges = _edges(histogram)
    counts = [0] * max(0, len(edges) - 1)
    for index, count in histogram.counts.items():
        at = bisect_right(edges, bucket_middle(index) / NS_PER_MS) - 1
        counts[min(max(at, 0), len(counts) - 1)] += count
    top = max(counts, default=0)
    return [
        _bar(low, high, count, round(100 * count / top, 1))
        for (low, high), count in zip(pairwise(edges), counts, strict=True)
    ]


def _bar(low: float, high: float, count: int, part: float) -> dict[str, Any]:
    ends = {"from": formats.phrase(formats.duration(low)), "to": formats.phrase(formats.duration(high))}
    number = formats.phrase(formats.count(count))
    label = _("%(from)s to %(to)s: %(number)s") % {**ends, "number": number}
    return {**ends, "label": label, "part": part, "y": round(100 - part, 1)}


def _edges(histogram: Histogram) -> list[float]:
    """Edges in ms: ten a factor of ten, fewer when the values reach over more than four of those."""
    if not histogram.counts:
        return []
    low = max(bucket_middle(min(histogram.counts)) / NS_PER_MS, 0.001)
    high = max(bucket_middle(max(histogram.counts)) / NS_PER_MS, 0.001)
    parts = next((parts for parts in (20, 10, 5) if (log10(high) - log10(low)) * parts < MAX_BARS - 2), 4)
    first, last = floor(log10(low) * parts), ceil(log10(high) * parts)
    return [10 ** (at / parts) for at in range(first, max(last, first + 1) + 1)]
