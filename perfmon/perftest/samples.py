"""What many requests came to: exact percentiles over all of them, those that failed among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import ceil

from perfmon.perftest.connections import Exchange
from perfmon.series import NS_PER_MS

PERCENTS = {"p50": 50.0, "p95": 95.0, "p99": 99.0}


class Sample:
    """Durations in ns and failures by their words. A failed request counts with the time it took until it failed."""

    def __init__(self, exchanges: Iterable[Exchange] = ()) -> None:
        self.durations_ns: list[int] = []
        self.failures: Counter[str] = Counter()
        for exchange in exchanges:
            self.add(exchange)

    def add(self, exchange: Exchange) -> None:
        """Count one request."""
        self.durations_ns.append(exchange.duration_ns)
        if exchange.failure:
            self.failures[exchange.failure] += 1

    @property
    def count(self) -> int:
        """How many requests there were."""
        return len(self.durations_ns)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return self.failures.total()

    @property
    def success_pct(self) -> float | None:
        """The share that did not fail, in percent; None of nothing."""
        return 100.0 * (self.count - self.failed) / self.count if self.count else None

    def percentile_ms(self, percent: float) -> float | None:
        """Return the smallest duration that so many percent don't exceed (nearest rank); None of nothing."""
        if not self.durations_ns:
            return None
        rank = max(1, ceil(percent * self.count / 100))
        return sorted(self.durations_ns)[rank - 1] / NS_PER_MS

    def times_ms(self) -> dict[str, float | None]:
        """Return p50, p95, p99 and the worst."""
        return {name: self.percentile_ms(percent) for name, percent in {**PERCENTS, "worst": 100.0}.items()}
