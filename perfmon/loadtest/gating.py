"""The regression gate of a run: rounds measured beside it, and held against those of a baseline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from perfmon.exceptions import LoadTestError
from perfmon.loadtest.comparisons import Side
from perfmon.loadtest.confirming import confirmed
from perfmon.loadtest.machines import fingerprint
from perfmon.loadtest.marks import mark_of
from perfmon.loadtest.measuring import ROUNDS, measure_all
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.rounds import Rounds
from perfmon.loadtest.runs import check_host, checked_name
from perfmon.loadtest.scenarios import Cast
from perfmon.loadtest.yardstick import name as yardstick_name

MOST_ROUNDS = 1000
SAY_EVERY = 10
_NO_RUN = 0  # rounds are marked, so that answers tell the server's time, and counted for no run


class Gate(NamedTuple):
    """What is asked of it: to save the rounds under a name, to compare them with a name's or an address's."""

    save_as: str = ""
    against: str = ""
    rounds: int = 0
    allowed: tuple[str, ...] = ()

    @property
    def wanted(self) -> bool:
        """Whether rounds are measured at all."""
        return bool(self.save_as or self.against)

    def check(self) -> None:
        """Raise LoadTestError when what is asked for can't be done."""
        if not 0 <= self.rounds <= MOST_ROUNDS:
            raise LoadTestError(f"--rounds must be from 1 to {MOST_ROUNDS}, not {self.rounds}.")
        checked_name(self.save_as)
        if self._is_address:
            check_host(self.against, self.allowed)
        elif self.against:
            self._kept(self._baseline())

    def measure(
        self, run: LoadRun, cast: Cast, say: Callable[[str], None], may_go_on: Callable[[], bool]
    ) -> dict[str, Any]:
        """Measure, and return what ``LoadRun.rounds`` holds: the rounds, and as ``comparison`` what came of it.

        Raises LoadTestStopped once it may not go on.
        """
        say(f"Measuring {self._count} rounds or more.")

        def progress(done: int, most: int) -> None:
            if done % SAY_EVERY == 0:
                say(f"{done} rounds of at most {most}.")

        hosts = [run.host, self.against.rstrip("/")] if self._is_address else [run.host]

        def measured() -> list[Rounds]:
            return measure_all(
                hosts, mark_of(_NO_RUN), cast.actions, cast.sessions, rounds=self._count, say=progress,
                may_go_on=may_go_on,
            )  # fmt: skip

        if not self.against:
            return measured()[0].and_more(measured()[0]).to_json()  # twice: many builds are held against it
        before, side = self._before(run)
        after = Side(run.pk, run.profile_name, run.release, str(run.machine["id"]), _iso(run))
        rounds, comparison = confirmed(measured, before, before=side, after=after)
        return {**rounds.to_json(), "comparison": comparison.to_json()}

    def _before(self, run: LoadRun) -> tuple[Rounds | None, Side]:
        """Return a baseline's rounds, none of an address: that is measured beside the build."""
        if self._is_address:
            return None, Side(None, self.against.rstrip("/"), "", str(run.machine["id"]), None)
        baseline = self._baseline()
        side = Side(baseline.pk, self.against, baseline.release, str(baseline.machine["id"]), _iso(baseline))
        return self._kept(baseline), side

    @property
    def _count(self) -> int:
        return self.rounds or ROUNDS

    @property
    def _is_address(self) -> bool:
        return "://" in self.against

    def _baseline(self) -> LoadRun:
        run = LoadRun.objects.filter(baseline=self.against).first()
        if run is None:
            known = ", ".join(LoadRun.objects.exclude(baseline=None).values_list("baseline", flat=True)[:20])
            raise LoadTestError(
                f"--compare: there is no baseline {self.against!r}. {f'There are: {known}.' if known else ''} "
                f"Make one: manage.py loadtest --profile smoke --save-baseline {self.against}"
            )
        return run  # type: ignore[no-any-return]

    def _kept(self, baseline: LoadRun) -> Rounds:
        try:
            kept = Rounds.from_json({name: of for name, of in baseline.rounds.items() if name != "comparison"})
        except ValueError as error:
            raise LoadTestError(
                f"--compare: the baseline {self.against!r} has no rounds, or those of another release. {self._anew}"
            ) from error
        if (kept.machine, kept.yardstick) != (fingerprint()["id"], yardstick_name()):
            raise LoadTestError(
                f"--compare: the baseline {self.against!r} was measured on another machine, or with another Python. "
                f"{self._anew} Or compare with a running server of that build, by its address."
            )
        return kept

    @property
    def _anew(self) -> str:
        return (
            "Measure it anew, with the build it stands for: "
            f"manage.py loadtest --profile smoke --save-baseline {self.against}"
        )


def _iso(run: LoadRun) -> str | None:
    return run.started_at.isoformat(timespec="seconds") if run.started_at else None
