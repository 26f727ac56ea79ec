"""Two measurements side by side, with how sure the difference is: the values that are stored, shown and judged; pure.

``Comparison.to_json()``, of two runs' figures (``runs_compared.comparison``) as of two sets of rounds
(``compare.compare``, the regression gate)::

    {"kind": "runs" | "rounds",
     "verdict": "worse" | "better" | "same" | "unknown",     the worst of the actions'
     "failed": bool,                     whether a build should stop; only rounds ever say so
     "comparable": bool,                 False: the notes say why not, and every verdict is "unknown"
     "tolerance_pct": 10.0,              a change up to this is the same
     "before": SIDE, "after": SIDE,      SIDE = {"run": id | None, "name": baseline's name or address, "release": str,
                                                 "machine": id, "at": ISO time | None}
     "notes": [{"code": str, ...}],      what to know first, see below; words: wording.note_text
     "total": ACTION | None,             all requests together; None for rounds
     "actions": [ACTION, ...]}           in the order of "after", then those that are gone

    ACTION = {"name": "GET /x", "state": "both" | "new" | "gone", "verdict": as above, "figures": [FIGURE, ...]}

    FIGURE = {"figure": "p50" | "p95" | "p99" | "rate" | "errors" for runs; "server" | "service" for rounds,
              "unit": "ms" | "/s" | "%", "before": float | None, "after": float | None,
              "change": float | None, "low": float | None, "high": float | None,    in "change_unit"; 95 % band of it
              "change_unit": "%" | "points", "verdict": as above}

Verdicts are those of ``perfmon.trends``: worse is slower, fewer a second, or more errors. A change counts when it is
past the tolerance and its band is clear of none. "unknown" is one that is past it with a band that is not, or a
figure that one side lacks.

Codes of notes: ``other_machine`` (before, after: of runs the processors' names, of rounds the ids), ``other_profile``
(before, after: names), ``other_yardstick`` (before, after), ``few_rounds`` (rounds, least), ``route_new`` (name),
``route_gone`` (name), ``route_failed`` (name, status), ``all_slower`` and ``all_faster`` (pct), ``machine_slower`` and
``machine_faster`` (pct, by the yardstick: divided out), ``maybe_cached`` (name: no way past caches was found).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from perfmon.trends import Verdict

TOLERANCE_PCT = 10.0
BOTH, NEW, GONE = "both", "new", "gone"
ALL_SLOWER = "all_slower"
_BY_WEIGHT = (Verdict.WORSE, Verdict.UNKNOWN, Verdict.BETTER, Verdict.SAME)


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a comparison is."""

    run: int | None = None
    name: str = ""
    release: str = ""
    machine: str = ""
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure on both sides; ``change``, ``low`` and ``high`` are in ``change_unit``."""

    figure: str
    unit: str
    before: float | None
    after: float | None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    change_unit: str = "%"
    verdict: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class Compared:
    """One action on both sides."""

    name: str
    state: str = BOTH
    verdict: Verdict = Verdict.UNKNOWN
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole; see the module for its shape."""

    kind: str
    before: Side
    after: Side
    actions: tuple[Compared, ...]
    total: Compared | None = None
    tolerance_pct: float = TOLERANCE_PCT
    notes: tuple[dict[str, Any], ...] = field(default=())
    failed: bool = False
    comparable: bool = True

    @property
    def verdict(self) -> Verdict:
        """The worst of the actions that are on both sides; that all became slower together is never just the same."""
        found = worst([one.verdict for one in self.actions if one.state == BOTH])
        together = any(note["code"] == ALL_SLOWER for note in self.notes)
        return Verdict.UNKNOWN if together and found == Verdict.SAME else found

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "verdict": self.verdict}


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the one to act on; unknown of none."""
    return next((one for one in _BY_WEIGHT if one in verdicts), Verdict.UNKNOWN)


def judged(change: float, low: float, high: float, *, tolerance: float, higher_is_better: bool = False) -> Verdict:
    """Return what a change with its band means; all in the same unit."""
    if abs(change) <= tolerance:
        return Verdict.SAME
    if low <= 0 <= high:
        return Verdict.UNKNOWN
    return Verdict.BETTER if (change > 0) == higher_is_better else Verdict.WORSE
