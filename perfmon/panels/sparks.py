"""Small histories: figures as whole heights that a sparkline draws, in the page and in the browser alike."""

from __future__ import annotations

from collections.abc import Sequence

HEIGHT = 20
POINTS = 30


def spark(values: Sequence[float | None], points: int = POINTS) -> list[int | None]:
    """Return at most ``points`` heights from 0 to ``HEIGHT``, scaled from zero to the largest; None in gaps.

    Of the values that share a point the largest is kept: a peak must not vanish.
    """
    kept = thin(values, points)
    top = max((value for value in kept if value is not None), default=0.0)
    return [None if value is None else round(HEIGHT * value / top) if top else 0 for value in kept]


def thin(values: Sequence[float | None], points: int) -> list[float | None]:
    """Return the largest value of each of at most ``points`` equal parts."""
    size = -(-len(values) // points) or 1
    parts = (values[start : start + size] for start in range(0, len(values), size))
    return [max((value for value in part if value is not None), default=None) for part in parts]
