"""The master's table of its workers: who has come, who is ready, who was lost, and what each said last; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_SUMS, _WORST = ("users", "busy", "waiting"), ("cpu_pct", "late_ms")


@dataclass
class Known:
    """One worker, by the name Locust gave it. ``state`` is its last frame without the windows."""

    node: str
    title: str  # for people
    pid: int | None  # of a child of ours
    ready: bool = False
    ended: bool = False
    lost: bool = False
    state: dict[str, Any] = field(default_factory=dict)


class Workers:
    """At most ``wanted`` workers, in the order they came. One that was lost stays lost and is not replaced."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self._known: dict[str, Known] = {}

    def join(self, node: str, title: str, pid: int | None) -> int | None:
        """Take in a worker, with its process id if it is our child; returns its index, None when it is too many."""
        if node in self._known or len(self._known) >= self.wanted:
            return None
        self._known[node] = Known(node, title, pid)
        return len(self._known) - 1

    def get(self, node: str) -> Known | None:
        """Return a worker that belongs here and was not lost."""
        known = self._known.get(node)
        return None if known is None or known.lost else known

    @property
    def alive(self) -> list[Known]:
        """Those not lost."""
        return [known for known in self._known.values() if not known.lost]

    @property
    def lost(self) -> int:
        """How many were lost."""
        return len(self._known) - len(self.alive)

    @property
    def complete(self) -> bool:
        """Whether all that were wanted are ready."""
        return sum(known.ready for known in self._known.values()) == self.wanted

    @property
    def working(self) -> list[Known]:
        """Those alive whose last counts have not come."""
        return [known for known in self.alive if not known.ended]

    def state(self, own: dict[str, float]) -> dict[str, Any]:
        """Return users and arrivals of all together, and the worst of the processes, the master's own included."""
        states = [known.state for known in self.alive]
        sums = {name: sum(state.get(name, 0) for state in states) for name in _SUMS}
        return {**sums, **{name: max(state.get(name, 0) for state in (own, *states)) for name in _WORST}}
