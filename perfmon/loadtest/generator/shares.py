"""How a target is shared out among processes; pure."""

from __future__ import annotations

from perfmon.loadtest.plans import OPEN


def shares_of(target: float, model: str, workers: int) -> list[float]:
    """Return each worker's target; together they are the whole one, users being whole numbers."""
    if model == OPEN:
        return [target / workers] * workers
    each, rest = divmod(round(target), workers)
    return [float(each + (number < rest)) for number in range(workers)]
