"""What a benchmark gives back: figures, the targets they are held against, and how both are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.measure import spread

AT_MOST, AT_LEAST = "at_most", "at_least"


@dataclass(frozen=True, slots=True)
class Target:
    """A limit on one figure; ``ok`` says whether it was kept.

    ``says`` names the figure in words; ``q1`` and ``q3`` are the quartiles of the rounds, where there were rounds.
    """

    name: str
    value: float
    limit: float
    ok: bool
    bound: str = AT_MOST
    says: str = ""
    q1: float | None = None
    q3: float | None = None


@dataclass(slots=True)
class Result:
    """The figures of one run by name (the unit stands in the name) and their targets.

    ``error`` says why there are none; a run with an error has not met what it was held to.
    """

    name: str
    metrics: dict[str, float] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    error: str = ""

    def at_most(self, name: str, value: float, limit: float, says: str = "", rounds: Sequence[float] = ()) -> None:
        """Hold a figure to an upper limit; ``rounds`` are the values it was taken from."""
        self._hold(AT_MOST, name, value, limit, says, rounds)

    def at_least(self, name: str, value: float, limit: float, says: str = "", rounds: Sequence[float] = ()) -> None:
        """Hold a figure to a lower limit; ``rounds`` are the values it was taken from."""
        self._hold(AT_LEAST, name, value, limit, says, rounds)

    def _hold(self, bound: str, name: str, value: float, limit: float, says: str, rounds: Sequence[float]) -> None:
        ok = value <= limit if bound == AT_MOST else value >= limit
        q1, q3 = (round(quartile, 4) for quartile in spread(rounds)) if len(rounds) > 1 else (None, None)
        said = says or name.replace("_", " ")
        self.targets.append(Target(name, round(value, 4), limit, ok, bound, said, q1, q3))

    @property
    def ok(self) -> bool:
        """Whether every target was met."""
        return not self.error and all(target.ok for target in self.targets)

    def as_dict(self) -> dict[str, Any]:
        """Return the one object that ``--json`` prints."""
        metrics = {name: round(value, 4) for name, value in self.metrics.items()}
        targets = [asdict(target) for target in self.targets]
        return {"name": self.name, "metrics": metrics, "targets": targets, "ok": self.ok, "error": self.error}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Result:
        """Read what ``as_dict`` made."""
        targets = [Target(**target) for target in told["targets"]]
        return cls(told["name"], told["metrics"], targets, told["error"])

    def as_json(self) -> str:
        """Return the object as text."""
        return json.dumps(self.as_dict(), indent=2)

    def as_text(self) -> str:
        """Return figures and targets as aligned lines."""
        width = max((len(name) for name in [*self.metrics, *(t.name for t in self.targets)]), default=0)
        lines = [self.name, ""]
        lines += [f"  {name:<{width}}  {value:>14,.3f}" for name, value in self.metrics.items()]
        lines.append("")
        for target in self.targets:
            mark = "ok    " if target.ok else "MISSED"
            lines.append(f"  {target.name:<{width}}  {target.value:>14,.3f}  limit {target.limit:<10g} {mark}")
        if self.error:
            lines.append(f"  FAILED: {self.error}")
        return "\n".join(lines)
