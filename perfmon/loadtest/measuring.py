"""Measuring in rounds: in each, every safe action of every site and the yardstick have a turn, in an order of chance.

A turn is a request that is not counted, which warms what the turn before has cooled, then one a place. It goes on for
as long as it pays: until the fastest times have settled, which on a quiet machine is soon, or time is up.
"""

from __future__ import annotations

import http.client
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain

from perfmon.exceptions import LoadTestError, LoadTestStopped
from perfmon.loadtest.machines import fingerprint
from perfmon.loadtest.plans import Action, Session
from perfmon.loadtest.rounds import LEAST_ROUNDS, SERVER, SERVICE, YARDSTICK, Rounds, Times, fastest_us
from perfmon.loadtest.turns import REACHES, Asker, Timed
from perfmon.loadtest.yardstick import name as yardstick_name
from perfmon.loadtest.yardstick import running_yardstick

ROUNDS, PLACES = 40, 4
#: Up to so many times the rounds that were asked for, and no longer than so many seconds for each of those.
MOST_TIMES, MOST_ROUND_S = 5, 1.5
WARM_UP_REQUESTS = 8
#: Settled: the last third of the rounds has brought no figure down by more than this share.
SETTLED_SHARE = 0.01


@dataclass(slots=True)
class Contestant:
    """Who has a turn in each round: one action of one site, or the yardstick."""

    asker: Asker
    action: Action
    session: Session = field(default_factory=Session)
    reach: str = REACHES[-1]
    times: dict[str, Times] = field(default_factory=lambda: {SERVICE: [], SERVER: []})
    failed: int | None = None

    def find_reach(self, sessions: Sequence[Session]) -> None:
        """Choose the first way past caches that is answered as expected, and warm up on it."""
        own = sessions[0] if sessions and self.action.needs_session else Session()
        others = {"parameter": own, "session": sessions[0] if sessions else own, "as it is": own}
        for reach in REACHES:
            self.reach, self.session = reach, others[reach]
            if all(self._expected(self._ask(at)) for at in range(WARM_UP_REQUESTS)):
                self.failed = None
                return

    def turn(self) -> None:
        """Take one, if it hasn't failed before."""
        if self.failed is not None:
            return
        answers = [self._ask(max(0, place)) for place in range(-1, PLACES)][1:]
        if all(self._expected(one) for one in answers):
            self.times[SERVICE].append([one.service_ns // 1000 for one in answers])
            self.times[SERVER].append([(one.server_ns or 0) // 1000 for one in answers])

    @property
    def settled(self) -> bool:
        """Whether more rounds would hardly change the figure."""
        times = self.times[SERVICE]
        before = times[: len(times) * 2 // 3]
        return self.failed is not None or (
            bool(before) and fastest_us(before, self.distinct) <= fastest_us(times, self.distinct) * (1 + SETTLED_SHARE)
        )

    @property
    def distinct(self) -> int:
        """How many of a turn's requests differ."""
        return min(PLACES, math.lcm(*map(len, self.action.choices.values())))

    def _ask(self, place: int) -> Timed:
        return self.asker.ask(self.action, place, self.session, self.reach)

    def _expected(self, answer: Timed) -> bool:
        if answer.status in self.action.expects:
            return True
        self.failed = answer.status
        return False


def measure_all(
    hosts: Sequence[str], mark: str, actions: Sequence[Action], sessions: Sequence[Session], *, rounds: int = ROUNDS,
    say: Callable[[int, int], None] = lambda done, most: None, seed: int = 0,
    may_go_on: Callable[[], bool] = lambda: True,
) -> list[Rounds]:  # fmt: skip
    """Measure several builds that serve the same data, in turns; returns their rounds in the order of ``hosts``.

    ``rounds`` are made, and more until the figures have settled; fewer where they take long, but never less than can be
    compared. ``say`` is told how many are done and how many there may be. Raises LoadTestError when a site stops
    answering, and LoadTestStopped when ``may_go_on``, asked after each round, says no.
    """
    with running_yardstick() as address, ExitStack() as stack:
        askers = [
            stack.enter_context(closing(Asker(*where))) for where in ((address, ""), *((one, mark) for one in hosts))
        ]
        yardstick = Contestant(askers[0], Action(YARDSTICK, "/"))
        sites = [[Contestant(asker, action) for action in actions if action.safe] for asker in askers[1:]]
        contestants = [yardstick, *chain.from_iterable(sites)]
        try:
            for one in contestants:
                one.find_reach(sessions)
            chance = random.Random(seed)  # noqa: S311
            for done in _played(contestants, chance, rounds):
                say(done, rounds * MOST_TIMES)
                if not may_go_on():
                    raise LoadTestStopped("It was stopped; nothing of the rounds was kept.")
        except (OSError, http.client.HTTPException) as error:
            raise LoadTestError(
                f"The site stopped answering while it was measured ({error!r}). Nothing of the rounds was kept."
            ) from error
    return [_rounds(host, yardstick, site) for host, site in zip(hosts, sites, strict=True)]


def _played(contestants: list[Contestant], chance: random.Random, rounds: int) -> Iterator[int]:
    """Play round after round, as long as it pays; yields how many are done."""
    until_s = time.monotonic() + rounds * MOST_ROUND_S
    for done in range(1, rounds * MOST_TIMES + 1):
        chance.shuffle(contestants)
        for one in contestants:
            one.turn()
        yield done
        is_late = done >= LEAST_ROUNDS and time.monotonic() > until_s
        if is_late or (done >= rounds and all(one.settled for one in contestants)):
            return


def _rounds(host: str, yardstick: Contestant, site: Sequence[Contestant]) -> Rounds:
    whole = [one for one in site if one.failed is None]
    times = {
        figure: {one.action.name: one.times[figure] for one in (yardstick, *whole)} for figure in (SERVICE, SERVER)
    }
    told = {name: found for name, found in times[SERVER].items() if all(all(of) for of in found)}
    failed = {one.action.name: one.failed for one in site if one.failed is not None}
    distinct, reached = ({one.action.name: getattr(one, what) for one in whole} for what in ("distinct", "reach"))
    return Rounds(yardstick_name(), str(fingerprint()["id"]), host, times[SERVICE], told, distinct, reached, failed)
