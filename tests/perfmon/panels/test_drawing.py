"""Charts as SVG: gaps stay gaps, scales start at zero and end round."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfmon.panels.drawing import bar_paths, draw, line_path, round_up, scale_top
from perfmon.panels.sparks import HEIGHT, spark
from perfmon.sparkline import spark_path, spread_path


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_a_round_number_is_the_next_one_and_less_than_thirty_percent_away(value):
    top = round_up(value)
    assert value * 0.999 <= top <= value * 1.34


def test_a_gap_ends_a_line_and_another_begins_after_it():
    path = line_path([1, 2, None, None, 3, 4], 4)
    assert path.count("M") == 2
    assert path.count("L") == 2


def test_a_lone_value_between_gaps_is_still_seen():
    assert "h" in line_path([None, 3, None], 4)


def test_bars_of_a_step_stand_on_each_other():
    below, above = bar_paths([[2, None], [1, 4]], 4)
    assert below == "M50.0 100.0h400.0v100.0h-400.0z"
    assert above.startswith("M50.0 50.0h400.0v50.0")
    assert "M550.0 0.0" in above


def test_a_target_far_above_the_figures_does_not_squeeze_them():
    assert scale_top([[10, 20]], [1000], stacked=False) < 30
    assert scale_top([[300, 400]], [1000], stacked=False) >= 1000


def test_a_chart_without_figures_still_shows_its_target():
    assert scale_top([[None, None]], [1.0], stacked=False) >= 1


def test_the_table_of_a_chart_starts_with_the_newest_step():
    chart = {"top": 4, "form": "lines", "targets": [], "series": [{"color": "p50", "values": [1, 2, 3]}]}
    drawn = draw(chart, 100, 5)
    assert drawn["rows"] == [(110, [3]), (105, [2]), (100, [1])]
    assert (drawn["from"], drawn["to"]) == (100, 115)


def test_a_peak_does_not_vanish_from_a_sparkline():
    values = [1.0] * 360
    values[77] = 50.0
    assert HEIGHT in spark(values)


@given(st.lists(st.none() | st.floats(min_value=0, max_value=1e9), max_size=400))
def test_a_sparkline_has_at_most_thirty_heights_within_its_box(values):
    heights = spark(values)
    assert len(heights) <= 30
    assert all(height is None or 0 <= height <= HEIGHT for height in heights)
    assert spark_path(heights).count("M") >= int(any(height is not None for height in heights))


def test_a_distribution_draws_a_bar_for_each_part_that_has_any():
    assert spread_path([0, 9, 1]) == "M5 0h4v18h-4zM10 16h4v2h-4z"
