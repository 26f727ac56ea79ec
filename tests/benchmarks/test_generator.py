"""What a stall does to delays, which the generator's benchmark holds ours to."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generator import RATE_PER_S, true_ms
from benchmarks.sites.generator_server import STALL_S, WAIT_S


@given(requests=st.integers(RATE_PER_S, 20 * RATE_PER_S), percent=st.sampled_from([50, 75, 90, 95, 99]))
def test_the_true_delays_are_those_of_arrivals_that_wait_for_the_end_of_the_stall(requests: int, percent: int) -> None:
    apart_s = 1 / RATE_PER_S
    stalled = min(requests, round(STALL_S / apart_s))
    delays_s = sorted([WAIT_S] * (requests - stalled) + [WAIT_S + (at + 0.5) * apart_s for at in range(stalled)])
    exact_s = delays_s[math.ceil(percent / 100 * requests) - 1]
    assert true_ms(percent, requests) == pytest.approx(1000 * exact_s, abs=1000 * 2 * apart_s)
