"""The regression gate: rounds of one build against those of another; pure.

An action's figure is ``rounds.fastest_us``; the change is its ratio between the two sides. What the machine did to both
is divided out first: by the yardstick of the same rounds, and by what most actions' changes have in common, for a
machine that is busy for minutes on end slows a site by up to a fifth more than the yardstick. So one action that became
slower stands out against the others. That all of them did is said, and fails a build past
``COMMON_PCT`` only; two builds that were measured in turns (``beside``) have the same machine, and nothing more is
divided out.

The band comes from the rounds themselves. Each place (the same request on both sides) gives a ratio of its own;
Student's interval of those is one part. The other is what is not settled yet, on either side: by how much half of the
rounds would have been off, which is about what as many more would still bring. A change counts as worse when it is past
the tolerance and its whole band is above none.

Not comparable are measurements of two machines, by two yardsticks, or of too few rounds: then all is unknown.
"""

from __future__ import annotations

import math
import statistics
from typing import Any

from perfmon.loadtest.comparisons import BOTH, GONE, NEW, TOLERANCE_PCT, Compared, Comparison, Figure, Side, judged
from perfmon.loadtest.rounds import FIGURES, SERVER, SERVICE, YARDSTICK, Rounds, Times, fastest_us
from perfmon.trends import Verdict

LEAST_ROUNDS = 10
#: Student's t, 95 % two-sided, by the number of places.
_STUDENT, _STUDENT_MANY = {2: 12.7, 3: 4.3, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36}, 2.3
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
    return Verdict.WORSE if Verdict.WORSE in verdicts else verdicts[0]


def _both(figure: str, baseline: Rounds, rounds: Rounds, name: str) -> bool:
    return bool(baseline.times(figure, name) and rounds.times(figure, name))


def _common(figure: str, baseline: Rounds, rounds: Rounds) -> float:
    """Return what at least three quarters of the actions' changes have in common, none where there are too few.

    It is the quartile nearer to no change, and no change when that lies between the two: half of the actions are not
    the measure of the others.
    """
    names = [name for name in rounds.names if _both(figure, baseline, rounds, name)]
    changes = [_change(figure, baseline, rounds, name)[0] for name in names]
    if len(changes) < MANY:
        return 0.0
    low, _, high = statistics.quantiles(changes, n=4, method="inclusive")
    return max(low, 0.0) + min(high, 0.0)


def _figure(figure: str, baseline: Rounds, rounds: Rounds, name: str, tolerance_pct: float, machines: float) -> Figure:
    change, band = _change(figure, baseline, rounds, name)
    change -= machines
    change_pct, low_pct, high_pct = (round(100 * math.expm1(at), 2) for at in (change, change - band, change + band))
    times_ms = [round(fastest_us(one.times(figure, name) or []) / 1000, 3) for one in (baseline, rounds)]
    verdict = Verdict.UNKNOWN
    if tolerance_pct < math.inf:
        verdict = judged(change_pct, low_pct, high_pct, tolerance=tolerance_pct)
    return Figure(figure, "ms", times_ms[0], times_ms[1], change_pct, low_pct, high_pct, "%", verdict)


def _change(figure: str, baseline: Rounds, rounds: Rounds, name: str) -> tuple[float, float]:
    """Return the logarithm of the ratio, and half of its band."""
    sides = [(one.times(figure, name) or [], one.times(figure, YARDSTICK) or []) for one in (baseline, rounds)]
    before, after = (_level(times) - _level(yardstick) for times, yardstick in sides)
    unsettled = [_unsettled(times) for side in sides for times in side]
    return after - before, math.hypot(_scatter(sides[0][0], sides[1][0]), *unsettled)


def _level(times: Times) -> float:
    return math.log(fastest_us(times))


def _unsettled(times: Times) -> float:
    middle = len(times) // 2
    halves = [half for half in (times[:middle], times[middle:]) if half]
    return min(map(_level, halves)) - _level(times)


def _scatter(before: Times, after: Times) -> float:
    """Return half of Student's interval of the places' ratios (their logarithms)."""
    places = [zip(*times, strict=True) for times in (before, after)]
    ratios = [math.log(min(new) / min(old)) for old, new in zip(*places, strict=False)]
    student = _STUDENT.get(len(ratios), _STUDENT_MANY)
    return student * statistics.stdev(ratios) / math.sqrt(len(ratios)) if len(ratios) > 1 else math.inf


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
    paces = [fastest_us(one.service[YARDSTICK]) for one in (baseline, rounds) if one.count]
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
