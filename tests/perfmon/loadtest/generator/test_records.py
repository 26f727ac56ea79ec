"""Records tell each figure once, and together those of several processes are the sum."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.generator.records import Records
from perfmon.series import SeriesKey, Window, Windows
from perfmon.wire import merge_rows

FIGURES = st.lists(
    st.tuples(st.sampled_from("012"), st.integers(0, 10**10), st.sampled_from(("", "503", "reset"))), max_size=30
)


def record(records: Records, figures: list[tuple[str, int, str]]) -> None:
    for key, value_ns, reason in figures:
        records.sent(key)
        records.add("latency", key, value_ns, bool(reason))
        if reason:
            records.failed(key, reason)


@given(st.lists(FIGURES, max_size=4))
def test_what_is_taken_bit_by_bit_is_the_whole(bits: list[list[tuple[str, int, str]]]) -> None:
    records, windows, failures = Records(), Windows(), Counter[tuple[str, str]]()
    for figures in bits:
        record(records, figures)
        taken = records.take()
        merge_rows(windows, taken["rows"])
        failures.update({(key, why): n for key, whys in taken["failures"].items() for why, n in whys.items()})
    told = [one for figures in bits for one in figures]
    expected = Windows()
    for key, value_ns, reason in told:
        expected.setdefault(SeriesKey("latency", key), Window()).add(value_ns, bool(reason))
    assert windows == expected
    assert failures == Counter((key, reason) for key, _, reason in told if reason)
    assert records.totals()["sent"] == Counter(key for key, _, _ in told)


@given(FIGURES, FIGURES)
def test_two_processes_together_are_as_one(
    first: list[tuple[str, int, str]], second: list[tuple[str, int, str]]
) -> None:
    one, both = Records(), Records()
    record(one, first + second)
    for figures in (first, second):
        part = Records()
        record(part, figures)
        both.merge(**part.take())
        both.merge_totals(part.totals()["sent"], part.totals()["answered"])
    assert both.take() == one.take()
    assert both.totals() == one.totals()
