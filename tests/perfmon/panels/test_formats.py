"""Numbers as people read them."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from perfmon.panels import formats


@pytest.mark.parametrize(
    ("value_ms", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.0029, "2.90 µs"),
        (0.9994, "999 µs"),
        (8.731, "8.73 ms"),
        (99.97, "100 ms"),
        (873.2, "873 ms"),
        (999.6, "1.00 s"),
        (1240, "1.24 s"),
        (150_000, "2.50 min"),
    ],
)
def test_a_duration_has_three_digits_and_the_unit_that_fits(value_ms, text):
    assert formats.phrase(formats.duration(value_ms)).replace("\xa0", " ") == text


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (873, "873"), (12_400, "12.4 k"), (3_100_000, "3.10 M")])
def test_a_count_is_exact_until_a_thousand(value, text):
    assert formats.phrase(formats.count(value)).replace("\xa0", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0%"), (0.004, "<0.01%"), (7, "7.00%"), (61.66, "61.7%"), (99.97, ">99.9%"), (100, "100%")]
)
def test_a_share_is_zero_or_whole_only_when_it_is(value, text):
    assert formats.phrase(formats.percent(value)) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0/s"), (0.003, "<0.01/s"), (0.34, "0.34/s"), (2_300, "2.30\xa0k/s")])
def test_a_rate_is_zero_only_when_nothing_happened(value, text):
    assert formats.phrase(formats.rate(value)) == text


def test_a_size_counts_in_powers_of_1024():
    assert formats.phrase(formats.size(2 << 30)).replace("\xa0", " ") == "2.00 GiB"
    assert formats.phrase(formats.size(310, "/s")).replace("\xa0", " ") == "310 B/s"


def test_a_limit_has_no_needless_zeros():
    assert formats.target(formats.duration(1000)).replace("\xa0", " ") == "1 s"
    assert formats.target(formats.percent(80)) == "80%"


def test_portuguese_writes_a_comma():
    with translation.override("pt-br"):
        assert formats.phrase(formats.duration(1240)).replace("\xa0", " ") == "1,24 s"
        assert formats.target(formats.duration(1500)).replace("\xa0", " ") == "1,5 s"


@pytest.mark.parametrize(("value", "text"), [(None, ""), (12.4, "+12%"), (-8, "−8%"), (1300, "×14.0"), (1e9, "×1000+")])
def test_a_change_has_its_sign_and_a_large_one_is_a_factor(value, text):
    assert formats.change(value) == text


@given(st.floats(min_value=1e-3, max_value=1e6))
def test_the_text_of_a_duration_is_within_half_a_percent_of_it(value_ms):
    figure = formats.duration(value_ms)
    factor = {"µs": 0.001, "ms": 1, "s": 1000, "min": 60_000}[figure["unit"]]
    assert float(figure["text"]) * factor == pytest.approx(value_ms, rel=0.006)


@pytest.mark.parametrize(
    ("micro_usd", "text"),
    [(0, "US$ 0"), (1, "US$ 0.0001"), (12_345, "US$ 0.0123"), (1_500_000, "US$ 1.50"), (1_234_567_890, "US$ 1,234.57")],
)
def test_dollars_show_small_amounts_too(micro_usd, text):
    assert formats.dollars(micro_usd) == text.replace(" ", "\xa0")


def test_dollars_use_the_readers_marks():
    with translation.override("pt-br"):
        assert formats.dollars(1_234_567_890) == "US$\xa01.234,57"
