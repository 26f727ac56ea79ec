"""Rounds: what every safe action of a site cost when measured in turns, with the yardstick's turns between; values.

As JSON, in ``LoadRun.rounds`` (times in whole microseconds)::

    {"version": 1, "yardstick": "1/3.12.3", "machine": id, "address": "http://127.0.0.1:8000",
     "service": {"": [[812, 807, ...], ...], "GET /x": [...]},   a list a round, in it a request a place; "" is the
     "server": {...},                     yardstick; "server" has those whose answers told the server's own time
     "distinct": {"GET /x": 1},           how many of a turn's requests differ: place p is the (p % distinct)-th
     "reached": {"GET /x": "parameter"},  how its requests get past caches: see turns.REACHES
     "failed": {"GET /y": 503}}           not measured: the status of an answer that was not expected

A figure is the mean of the fastest fiftieth of the same request's times, and over different requests the mean of those:
what the code costs when nobody disturbs. On a busy machine that is several times as steady as a median, for whatever
else runs only ever adds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

VERSION = 1
YARDSTICK = ""
SERVICE, SERVER = "service", "server"
FIGURES = (SERVER, SERVICE)
FASTEST_SHARE = 0.02
LEAST_ROUNDS = 10  # fewer are not compared
ALL = slice(None)
#: Of a figure: rounds, in each a time by place, microseconds.
Times = list[list[int]]


@dataclass(frozen=True, slots=True)
class Rounds:
    """One build, measured."""

    yardstick: str
    machine: str
    address: str
    service: dict[str, Times] = field(default_factory=dict)
    server: dict[str, Times] = field(default_factory=dict)
    distinct: dict[str, int] = field(default_factory=dict)
    reached: dict[str, str] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rounds there are."""
        return len(self.service.get(YARDSTICK, []))

    @property
    def names(self) -> list[str]:
        """The actions that were measured."""
        return [name for name in self.service if name != YARDSTICK]

    def times(self, figure: str, name: str) -> Times:
        """Return a figure's times of an action, none when it was not measured."""
        found: dict[str, Times] = self.server if figure == SERVER else self.service
        return found.get(name, [])

    def fastest_us(self, figure: str, name: str, part: slice = ALL) -> float:
        """Return a figure of an action, or of a part of the rounds."""
        return fastest_us(self.times(figure, name)[part], self.distinct.get(name, 1))

    def and_more(self, more: Rounds) -> Rounds:
        """Return these and further rounds of the same build as one; what failed in either has no figures."""
        failed = {**self.failed, **more.failed}
        service, server = (
            {n: mine[n] + others[n] for n in mine if n in others and n not in failed}
            for mine, others in ((self.service, more.service), (self.server, more.server))
        )
        return replace(self, service=service, server=server, failed=failed)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Rounds:
        """Read what ``to_json`` made; raises ValueError for anything else, such as a run that has none."""
        if kept.get("version") != VERSION:
            raise ValueError(f"These are no rounds of version {VERSION}.")
        return cls(**{name: value for name, value in kept.items() if name != "version"})


def pools(times: Times, distinct: int) -> list[list[int]]:
    """Return all times of each different request."""
    return [[us for turn in times for us in turn[at::distinct]] for at in range(distinct)]


def fastest_us(times: Times, distinct: int) -> float:
    """Return the mean over different requests of the mean of the fastest of each."""
    fastest = [_fastest(pool) for pool in pools(times, distinct)]
    return sum(fastest) / len(fastest)


def _fastest(pool: list[int]) -> float:
    most = max(1, round(FASTEST_SHARE * len(pool)))
    return sum(sorted(pool)[:most]) / most
