"""What a benchmark gives back: figures, the targets they are held against, and how both are shown."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """A limit on one figure; ``ok`` says whether it was kept."""

    name: str
    value: float
    limit: float
    ok: bool


@dataclass(slots=True)
class Result:
    """The figures of one run by name (the unit stands in the name) and their targets."""

    name: str
    metrics: dict[str, float] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)

    def at_most(self, name: str, value: float, limit: float) -> None:
        """Hold a figure to an upper limit."""
        self.targets.append(Target(name, round(value, 4), limit, value <= limit))

    def at_least(self, name: str, value: float, limit: float) -> None:
        """Hold a figure to a lower limit."""
        self.targets.append(Target(name, round(value, 4), limit, value >= limit))

    @property
    def ok(self) -> bool:
        """Whether every target was met."""
        return all(target.ok for target in self.targets)

    def as_dict(self) -> dict[str, Any]:
        """Return the one object that ``--json`` prints."""
        targets = [{"name": t.name, "value": t.value, "limit": t.limit, "ok": t.ok} for t in self.targets]
        metrics = {name: round(value, 4) for name, value in self.metrics.items()}
        return {"name": self.name, "metrics": metrics, "targets": targets, "ok": self.ok}

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
        return "\n".join(lines)
