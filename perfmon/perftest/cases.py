"""What a check found about a route: values that terminal, JSON and JUnit all read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSED, FAILED, BROKEN = "passed", "failed", "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure against its limit. ``sense`` is how it must stand to it: ``<=``, or ``>``; None measured fails."""

    name: str
    measured: float | None
    sense: str
    limit: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether it is within its limit."""
        if self.measured is None:
            return False
        return self.measured <= self.limit if self.sense == "<=" else self.measured > self.limit


@dataclass(frozen=True, slots=True)
class Case:
    """A check of a route. ``broken`` says why it could not be judged; ``figures`` are what else was measured."""

    check: str
    route: str
    findings: tuple[Finding, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    broken: str = ""
    took_s: float = 0.0

    @property
    def name(self) -> str:
        """The case by its route, never a full address."""
        return f"GET {self.route}"

    @property
    def verdict(self) -> str:
        """``passed``, ``failed``, or ``broken``, which is no better."""
        if self.broken:
            return BROKEN
        return PASSED if all(finding.passed for finding in self.findings) else FAILED

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "check": self.check,
            "route": self.route,
            "verdict": self.verdict,
            "findings": [
                {
                    "name": one.name, "measured": one.measured, "sense": one.sense, "limit": one.limit,
                    "unit": one.unit, "passed": one.passed,
                }
                for one in self.findings
            ],
            "figures": dict(self.figures),
            "failures": dict(self.failures),
            "broken": self.broken,
            "took_s": round(self.took_s, 3),
        }  # fmt: skip
