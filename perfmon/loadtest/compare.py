"""The regression gate: rounds of one build against those of another; pure.

An action's figure is ``Rounds.fastest_us``; the change is its ratio between the two sides. What the machine did to both
is divided out first: by the yardstick of the same rounds, and by what most actions' changes have in common, for a
machine that is busy for minutes on end slows a site by up to a fifth more than the yardstick. So one action that became
slower stands out against the others. That all of them did is said, and fails a build past
``COMMON_PCT`` only; two builds that were measured in turns (``beside``) have the same machine, and nothing more is
divided out.

The band comes from the rounds themselves. They are dealt into hands, each with every ``HANDS``-th of them, and each
hand gives a ratio of its own; Student's interval of those is one part. The other is what is not settled yet, on either
side: by how much half of the rounds would have been off, which is about what as many more would still bring. A change
counts as worse when it is past the tolerance and its whole band is above none. The whole answer's time is noisier than
the server's own, and where both are known has to change by twice the tolerance.

Not comparable are measurements of two machines, by two yardsticks, or of too few rounds: then all is unknown.
"""

from __future__ import annotations

import math
import statistics
from typing import Any

from perfmon.loadtest.comparisons import BOTH, GONE, NEW, TOLERANCE_PCT, Compared, Comparison, Figure, Side, judged
from perfmon.loadtest.rounds import ALL, FIGURES, LEAST_ROUNDS, SERVER, SERVICE, YARDSTICK, Rounds
from perfmon.trends import Verdict

HANDS = 5
STUDENT = 2.776  # of so many: 95 %, two-sided, four degrees of freedom
OUTSIDE_TIMES = 2
#: The machine's own speed is worth a word when the yardstick says so much.
PACE_PCT = 10.0
#: So many actions have something in common, and so much of it may be the machine's.
MANY, COMMON_PCT = 3, 25.0


def compare(
    baseline: Rounds, rounds: Rounds, *, tolerance_pct: float = TOLERANCE_PCT, before: Side | None = None,
    after: Side | None = None, beside: bool = False,
) -> Comparison:  # fmt: skip
    """Compare a build with its baseline; ``Comparison.failed`` says whether to stop it.

    ``beside`` says that both were measured in the same rounds.
    """
    notes = _obstacles(baseline, rounds)
    comparable = not notes
    names = list(dict.fromkeys([*rounds.names, *rounds.failed, *baseline.names]))
    common = {figure: 0.0 if beside else _common(figure, baseline, rounds) for figure in FIGURES}
    machines = {figure: at if abs(at) <= math.log1p(COMMON_PCT / 100) else 0.0 for figure, at in common.items()}
    tolerance = tolerance_pct if comparable else math.inf
    actions = tuple(_compared(name, baseline, rounds, tolerance, machines) for name in names)
    notes += [*_of_routes(actions, rounds), *_of_all(baseline, rounds, common, tolerance_pct)]
    failed = any(one.verdict == Verdict.WORSE for one in actions)
    sides = before or Side(machine=baseline.machine), after or Side(machine=rounds.machine)
    return Comparison("rounds", *sides, actions, None, tolerance_pct, tuple(notes), failed, comparable)


def _compared(
    name: str, baseline: Rounds, rounds: Rounds, tolerance_pct: float, machines: dict[str, float]
) -> Compared:
    if name in rounds.failed or name not in rounds.names:
        return Compared(name, GONE)
    if name not in baseline.names:
        return Compared(name, NEW)
    figures = [
        _figure(figure, baseline, rounds, name, tolerance_pct, machines[figure])
        for figure in FIGURES
        if _both(figure, baseline, rounds, name)
    ]
    return Compared(name, BOTH, _of(figures), tuple(figures))


def _of(figures: list[Figure]) -> Verdict:
    """Either figure can be worse: what is slow around the code shows in the whole answer's time alone."""
    verdicts = [one.verdict for one in figures]
    return Verdict.WORSE if Verdict.WORSE in verdicts else next(iter(verdicts), Verdict.UNKNOWN)


def _both(figure: str, baseline: Rounds, rounds: Rounds, name: str) -> bool:
    return min(len(one.times(figure, name)) for one in (baseline, rounds)) >= HANDS


def _common(figure: str, baseline: Rounds, rounds: Rounds) -> float:
    """Return what at least three quarters of the actions' changes have in common, none where there are too few.

    It is the quartile nearer to no change, and no change when that lies between the two: half of the actions are not
    the measure of the others.
    """
    names = [name for name in rounds.names if _both(figure, baseline, rounds, name)]
    changes = [_change(figure, baseline, rounds, name) for name in names]
    if len(changes) < MANY:
        return 0.0
    low, _, high = statistics.quantiles(changes, n=4, method="inclusive")
    return max(low, 0.0) + min(high, 0.0)


def _figure(figure: str, baseline: Rounds, rounds: Rounds, name: str, tolerance_pct: float, machines: float) -> Figure:
    change = _change(figure, baseline, rounds, name) - machines
    band = _band(figure, baseline, rounds, name)
    change_pct, low_pct, high_pct = (round(100 * math.expm1(at), 2) for at in (change, change - band, change + band))
    times_ms = [round(one.fastest_us(figure, name) / 1000, 3) for one in (baseline, rounds)]
    if figure == SERVICE and _both(SERVER, baseline, rounds, name):
        tolerance_pct *= OUTSIDE_TIMES
    verdict = Verdict.UNKNOWN
    if tolerance_pct < math.inf:
        verdict = judged(change_pct, low_pct, high_pct, tolerance=tolerance_pct)
    return Figure(figure, "ms", times_ms[0], times_ms[1], change_pct, low_pct, high_pct, "%", verdict)


def _change(figure: str, baseline: Rounds, rounds: Rounds, name: str) -> float:
    """Return the logarithm of the ratio, the yardstick's divided out."""
    levels = [_level(one, figure, name) - _level(one, figure, YARDSTICK) for one in (baseline, rounds)]
    return levels[1] - levels[0]


def _band(figure: str, baseline: Rounds, rounds: Rounds, name: str) -> float:
    """Return half of the band of the ratio's logarithm."""
    unsettled = [_unsettled(one, figure, of) for one in (baseline, rounds) for of in (name, YARDSTICK)]
    hands = [[_level(one, figure, name, slice(at, None, HANDS)) for at in range(HANDS)] for one in (baseline, rounds)]
    ratios = [after - before for before, after in zip(*hands, strict=True)]
    return math.hypot(STUDENT * statistics.stdev(ratios) / math.sqrt(HANDS), *unsettled)


def _level(rounds: Rounds, figure: str, name: str, part: slice = ALL) -> float:
    return math.log(rounds.fastest_us(figure, name, part))


def _unsettled(rounds: Rounds, figure: str, name: str) -> float:
    halves = (_level(rounds, figure, name, slice(at, None, 2)) for at in (0, 1))
    return max(0.0, min(halves) - _level(rounds, figure, name))


# What to know first


def _obstacles(baseline: Rounds, rounds: Rounds) -> list[dict[str, Any]]:
    """Return why the two can't be compared; nothing when they can."""
    found: list[dict[str, Any]] = []
    if baseline.machine != rounds.machine:
        found.append({"code": "other_machine", "before": baseline.machine, "after": rounds.machine})
    if baseline.yardstick != rounds.yardstick:
        found.append({"code": "other_yardstick", "before": baseline.yardstick, "after": rounds.yardstick})
    count = min(baseline.count, rounds.count)
    return [*found, {"code": "few_rounds", "rounds": count, "least": LEAST_ROUNDS}] if count < LEAST_ROUNDS else found


def _of_routes(actions: tuple[Compared, ...], rounds: Rounds) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in actions:
        if one.name in rounds.failed:
            found.append({"code": "route_failed", "name": one.name, "status": rounds.failed[one.name]})
        elif one.state != BOTH:
            found.append({"code": f"route_{one.state}", "name": one.name})
        elif rounds.reached.get(one.name) == "as it is":
            found.append({"code": "maybe_cached", "name": one.name})
    return found


def _of_all(baseline: Rounds, rounds: Rounds, common: dict[str, float], tolerance_pct: float) -> list[dict[str, Any]]:
    """Say how fast the machine was, and when all actions moved together."""
    paces = [one.fastest_us(SERVICE, YARDSTICK) for one in (baseline, rounds) if one.count]
    found: list[dict[str, Any]] = []
    if len(paces) == 2:
        found += _moved("machine", paces[1] / paces[0], PACE_PCT)
    told = common[SERVER] or common[SERVICE]
    return found + _moved("all", math.exp(told), tolerance_pct)


def _moved(what: str, ratio: float, limit_pct: float) -> list[dict[str, Any]]:
    pct = 100 * (ratio - 1)
    if abs(pct) <= limit_pct:
        return []
    return [{"code": f"{what}_{'slower' if pct > 0 else 'faster'}", "pct": round(abs(pct), 1)}]
