"""Who is asked next of those who may be: pure functions of the candidates and of a tally that they hand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.utils.module_loading import import_string

#: Adding a way to choose is a line here and a function.
STRATEGIES: dict[str, str] = {
    "weighted": "articles.providers.strategies.weighted",
    "least_in_flight": "articles.providers.strategies.least_in_flight",
    "round_robin": "articles.providers.strategies.round_robin",
}


class Candidate(NamedTuple):
    """An endpoint that may be asked, and how many calls are at it."""

    name: str
    weight: int
    in_flight: int


Tally = Mapping[str, int]


class Choice(NamedTuple):
    """Who is asked, and the tally for the next time."""

    name: str
    tally: Tally


Strategy = Callable[[Sequence[Candidate], Tally], Choice]


def strategy_named(name: str) -> Strategy:
    """Return a strategy; raises KeyError for one that there is not."""
    strategy: Strategy = import_string(STRATEGIES[name])
    return strategy


def weighted(candidates: Sequence[Candidate], tally: Tally) -> Choice:
    """Ask each as often as its weight says, evenly spread: each gains its weight, and the richest pays for all."""
    credit = {candidate.name: tally.get(candidate.name, 0) + candidate.weight for candidate in candidates}
    chosen = max(candidates, key=lambda candidate: credit[candidate.name])
    credit[chosen.name] -= sum(candidate.weight for candidate in candidates)
    return Choice(chosen.name, {**tally, **credit})


def least_in_flight(candidates: Sequence[Candidate], tally: Tally) -> Choice:
    """Ask who has the fewest calls; of several, in turn by weight."""
    fewest = min(candidate.in_flight for candidate in candidates)
    return weighted([candidate for candidate in candidates if candidate.in_flight == fewest], tally)


def round_robin(candidates: Sequence[Candidate], tally: Tally) -> Choice:
    """Ask each in turn, whatever its weight."""
    return weighted([candidate._replace(weight=1) for candidate in candidates], tally)
