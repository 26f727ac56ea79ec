"""How late a replica is: by what the primary had flushed, not by the age of its newest transaction."""

from __future__ import annotations

import pytest

from omniwriter.replicas.history import KEPT, History


@pytest.fixture
def history() -> History:
    """Looks at 0, 1 and 2 s, each with a hundred bytes more, all flushed."""
    made = History()
    for second in range(3):
        made.add(100 * (second + 1), 100 * (second + 1), second, second)
    return made


@pytest.mark.parametrize(("replayed", "lag_ms"), [(300, 0), (299, 500), (200, 500), (150, 1500), (0, 2500)])
def test_the_lag_is_the_age_of_the_first_place_that_is_missing(history: History, replayed: int, lag_ms: float) -> None:
    assert history.lag_ms(replayed, now=2.5) == lag_ms


def test_a_replica_that_has_everything_is_not_late_however_old_that_is(history: History) -> None:
    history.add(300, 300, 9000, 9000)

    assert history.lag_ms(300, now=9000) == 0


def test_what_is_not_flushed_yet_is_missing_nowhere(history: History) -> None:
    history.add(400, 300, 3, 3)
    assert history.lag_ms(300, now=60) == 0

    history.add(400, 400, 60, 60)
    assert history.lag_ms(300, now=61) == 1000


def test_a_commit_is_covered_by_a_look_that_was_asked_after_it(history: History) -> None:
    assert history.place_after(2.0) == 300
    assert history.place_after(2.1) is None


def test_a_primary_that_was_restored_begins_a_new_history(history: History) -> None:
    history.add(50, 50, 3, 3)

    assert history.lag_ms(50, now=60) == 0
    assert history.behind_bytes(0) == 50


def test_what_is_behind_is_told_in_bytes(history: History) -> None:
    assert history.behind_bytes(120) == 180
    assert history.behind_bytes(900) == 0


def test_the_history_is_bounded() -> None:
    history = History()
    for second in range(1, 3 * KEPT):
        history.add(second, second, second, second)

    assert len(history._places) <= 2 * KEPT + 1
    assert history.lag_ms(3 * KEPT - 2, now=3 * KEPT) == 1000
