"""Where a server breaks: steps of a constant rate of arrivals that grow until one doesn't hold; pure.

``growing`` multiplies the rate from step to step. The first step that breaks is followed by ``recovering``: a low
rate until latency is what it was, which takes the time to recover. Then ``refining`` halves the way between the
highest rate that held and the lowest that broke, on the scale of ratios, with a rest after each one that broke, for a
step that begins with a backlog says nothing. A step that broke without a steadily growing backlog is tried once more:
a pause of the machine does that too. Where the first step breaks already, the search goes down instead of up.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from perfmon.loadtest.profiles import Search
from perfmon.loadtest.steps import RunningStep, Step
from perfmon.series import NS_PER_MS, Window

GROWING, RESTING, REFINING, RECOVERING = "growing", "resting", "refining", "recovering"
#: While it rests, the server is asked for this share of what it delivered, and no less than that many a second.
REST_SHARE, REST_LEAST = 0.2, 0.5
#: Latency is back when it is at most this many times the calm one, or this much more.
BACK_TIMES, BACK_MORE_MS = 2.0, 50.0
#: No step is slower than this: a step of a few requests says nothing.
LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Knee:
    """The break point. ``rate`` is the highest that held (0: none did), ``broke_at`` the lowest that broke (None: none
    did, up to the search's ``most``) and ``why``; ``delivered`` is the most that was answered without an error in a
    step. All are requests a second. ``recovery_s`` counts from the end of the first step that broke, None when latency
    didn't come back in time or nothing broke.
    """

    rate: float
    broke_at: float | None
    why: str
    delivered: float
    recovery_s: float | None
    steps: tuple[Step, ...]

    @property
    def found(self) -> bool:
        """Whether it is known from both sides."""
        return self.rate > 0 and self.broke_at is not None

    def to_json(self) -> dict[str, Any]:
        """Return plain values: the fields, ``steps`` a list of objects in the order they were tried."""
        return {**asdict(self), "steps": [step.to_json() for step in self.steps]}


class BreakPointSearch:
    """The search as a state machine: ``observe`` each second, then ask for ``target``, until it is ``finished``."""

    def __init__(self, search: Search) -> None:
        self.finished = False
        self.phase = GROWING
        self._search = search
        self._steps: list[Step] = []
        self._at_s = 0.0
        self._running: RunningStep | None = RunningStep(search, min(search.start, search.most))
        self._rest_rate, self._rest_began_s = REST_LEAST, 0.0
        self._next_rate = 0.0  # what is tried after a rest
        self._recovery_s: float | None = None
        self._calm_ms: float | None = None

    def target(self) -> float:
        """The arrivals a second to ask for from now on."""
        return self._running.rate if self._running else self._rest_rate

    def observe(self, at_s: float, offered: float, window: Window, waiting: int, busy: int) -> None:
        """Take in the second that ended ``at_s`` after the beginning: each second once, none left out.

        ``window`` is the latency of what was answered in it, ``waiting`` are arrivals not yet sent and ``busy``
        requests at work, both at its end; ``offered`` is the rate that was really asked for in it, on average.
        """
        if self.finished:
            return
        self._at_s = at_s
        if self._running is None:
            self._rest(window, waiting + busy)
        else:
            self._running.observe(offered, window, waiting + busy)
            if self._running.ended:
                self._end_step(self._running)
        self.finished = self.finished or at_s >= self._search.most_s

    def knee(self) -> Knee | None:
        """What is known by now; None before the first step has ended."""
        if not self._steps:
            return None
        broke = self._broke()
        delivered = max(step.delivered for step in self._steps)
        return Knee(
            self._held(), broke.rate if broke else None, broke.why if broke else "", delivered, self._recovery_s,
            tuple(self._steps),
        )  # fmt: skip

    def _held(self) -> float:
        """The highest rate that held below all that broke for good."""
        broke = self._broke()
        return max((one.rate for one in self._steps if one.held and (not broke or one.rate < broke.rate)), default=0.0)

    def _broke(self) -> Step | None:
        """The lowest that broke: a rate's last try counts."""
        last = {step.rate: step for step in self._steps}
        return min((step for step in last.values() if not step.held), key=lambda step: step.rate, default=None)

    def _end_step(self, running: RunningStep) -> None:
        step = running.judge()
        again = bool(self._steps) and self._steps[-1].rate == step.rate
        self._steps.append(step)
        if step.held and self._calm_ms is None:
            self._calm_ms = step.p95_ms
        if step.held:
            self._go_on()
        else:
            self._begin_rest(step, once_more=not running.sure and not again)

    def _go_on(self) -> None:
        """Begin the next step, or end the search."""
        rate = self._following()
        if rate is None:
            self.finished = True
            return
        self.phase = REFINING if self._broke() and self._held() else GROWING
        self._running = RunningStep(self._search, rate)

    def _following(self) -> float | None:
        """The rate to try next, None when there is nothing left to learn."""
        search, held, broke = self._search, self._held(), self._broke()
        if broke is None:
            return min(held * search.growth, search.most) if held < search.most else None
        if not held:
            return max(broke.rate / search.growth, LEAST) if broke.rate > LEAST else None
        fine: float = search.growth ** (1 / 2**search.refine)
        # a thousandth more, for the rates are rounded
        return float((held * broke.rate) ** 0.5) if broke.rate / held > fine * 1.001 else None

    def _begin_rest(self, step: Step, *, once_more: bool) -> None:
        measured = once_more or self._recovery_s is not None
        if measured and not once_more and self._following() is None:
            self.finished = True
            return
        self.phase = RESTING if measured else RECOVERING
        self._next_rate = step.rate if once_more else 0.0
        self._rest_rate = max(REST_LEAST, REST_SHARE * min(step.delivered, step.rate))
        self._rest_began_s, self._running = self._at_s, None

    def _rest(self, window: Window, backlog: int) -> None:
        rested_s = self._at_s - self._rest_began_s
        if self._is_back(window, backlog):
            if self.phase == RECOVERING:
                self._recovery_s = round(rested_s, 1)
            if self._next_rate:
                self.phase = REFINING if self._held() else GROWING
                self._running = RunningStep(self._search, self._next_rate)
            else:
                self._go_on()
        elif rested_s >= self._search.recover_s:
            self.finished = True  # a step on top of a backlog would tell nothing

    def _is_back(self, window: Window, backlog: int) -> bool:
        p95 = window.percentile(95)
        if p95 is None or backlog > max(2.0, self._rest_rate * self._search.limit_p95_ms / 1000):
            return False
        limit_ms = self._search.limit_p95_ms
        if self._calm_ms is not None:
            limit_ms = min(limit_ms, max(BACK_TIMES * self._calm_ms, self._calm_ms + BACK_MORE_MS))
        return p95 / NS_PER_MS <= limit_ms
