"""Who is asked next, for any candidates."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given

from articles.providers.strategies import STRATEGIES, Candidate, Tally, least_in_flight, strategy_named, weighted

CANDIDATES = st.lists(
    st.builds(Candidate, st.sampled_from("abcdefg"), st.integers(1, 50), st.integers(0, 9)),
    min_size=1, max_size=7, unique_by=lambda candidate: candidate.name,
)  # fmt: skip
TALLIES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-100, 100))


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@given(candidates=CANDIDATES, tally=TALLIES)
def test_whoever_is_chosen_is_a_candidate(name: str, candidates: list[Candidate], tally: Tally) -> None:
    choice = strategy_named(name)(candidates, tally)
    assert choice.name in {candidate.name for candidate in candidates}
    assert sum(choice.tally.values()) == sum(tally.values())  # nothing is gained or lost, so nobody is starved


@given(candidates=CANDIDATES)
def test_each_is_asked_just_as_often_as_its_weight_says(candidates: list[Candidate]) -> None:
    tally: Tally = {}
    asked: Counter[str] = Counter()
    for _ in range(sum(candidate.weight for candidate in candidates)):
        name, tally = weighted(candidates, tally)
        asked[name] += 1
    assert asked == {candidate.name: candidate.weight for candidate in candidates}
    assert not any(tally.values())


@given(candidates=CANDIDATES, tally=TALLIES)
def test_nobody_with_fewer_calls_is_passed_over(candidates: list[Candidate], tally: Tally) -> None:
    fewest = min(candidate.in_flight for candidate in candidates)
    chosen = least_in_flight(candidates, tally).name
    assert next(candidate for candidate in candidates if candidate.name == chosen).in_flight == fewest


def test_a_heavy_one_does_not_get_all_its_turns_in_a_row() -> None:
    tally: Tally = {}
    order = ""
    for _ in range(7):
        name, tally = weighted([Candidate("a", 5, 0), Candidate("b", 1, 0), Candidate("c", 1, 0)], tally)
        order += name
    assert order == "aabacaa"
