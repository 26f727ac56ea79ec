"""A target is shared out whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.generator.shares import shares_of
from perfmon.loadtest.plans import CLOSED, OPEN


@given(st.floats(0, 10_000), st.integers(1, 64))
def test_the_shares_are_the_target(target: float, workers: int) -> None:
    users = shares_of(target, CLOSED, workers)
    assert sum(users) == round(target)
    assert max(users) - min(users) <= 1
    assert sum(shares_of(target, OPEN, workers)) == pytest.approx(target)
