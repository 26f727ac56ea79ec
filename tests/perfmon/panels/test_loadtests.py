"""The panels of load tests: the list, the run that is on, its course live and kept, action by action."""

from __future__ import annotations

import orjson
import pytest
import time_machine

from perfmon.exceptions import TopicError
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.panels import topics
from tests.perfmon.panels.loadruns import HOST, NAMES, add_load, finished, new_run, running
from tests.perfmon.panels.seeding import NOW, alive, busy, store

pytestmark = pytest.mark.django_db
SECOND = int(NOW)


def panels(topic: str, now: float = NOW) -> dict:
    """A topic's panels as they travel."""
    return orjson.loads(topics.build(topic, now))["panels"]


def load_for(run: LoadRun, seconds: int, **load: int) -> None:
    """Store the last seconds of a running load test, in which the server was otherwise idle."""
    by_second = {}
    for second in range(SECOND - seconds, SECOND):
        by_second[second] = busy([])
        add_load(by_second[second], run.pk, **load)
    store(by_second)


def values(charts: dict, chart: str, label: str) -> list:
    """The values of one line."""
    found = next(one for one in charts["charts"] if one["name"] == chart)
    return next(one["values"] for one in found["series"] if one["label"] == label)


def test_the_list_has_the_newest_run_first_with_its_figures():
    finished(NOW - 900)
    last = finished(NOW - 300, status=RunStatus.FAILED, failed=3, baseline="main")
    rows = panels("loadtests/5m")["load_tests"]["runs"]
    assert [row["word"] for row in rows] == ["Failed", "Passed"]
    assert rows[0]["url"] == f"/dashboard/loadtests/{last.pk}"
    told = {name: rows[0][name] for name in ("profile", "model", "host", "took", "p95", "rate", "errors", "baseline")}
    assert told == {
        "profile": "load", "model": "open", "host": HOST, "took": "1\xa0min", "p95": "42.0\xa0ms", "rate": "10.0/s",
        "errors": "1.00%", "baseline": "main",
    }  # fmt: skip


def test_the_list_is_paged_and_the_pages_meet():
    runs = [finished(NOW - 10 * number) for number in range(25)]
    first, second = (panels(topic)["load_tests"] for topic in ("loadtests/5m", "loadtests/5m/2"))
    assert (first["newer"], first["older"]) == ("", "/dashboard/loadtests?page=2")
    assert (second["newer"], second["older"]) == ("/dashboard/loadtests?page=1", "")
    shown = [row["id"] for row in first["runs"] + second["runs"]]
    assert shown == sorted((run.pk for run in runs), reverse=True)


@pytest.mark.parametrize("status", list(RunStatus))
def test_a_run_is_shown_in_every_state_before_anything_was_measured(status):
    run = new_run(status)
    (row,) = panels("loadtests/5m")["load_tests"]["runs"]
    assert (row["p95"], row["rate"], row["errors"]) == ("–", "–", "–")
    assert panels(f"loadtest/5m/{run.pk}")["load_test"]["word"] == status.label


def test_a_run_that_waits_says_for_what_and_one_that_prepares_says_so():
    run = new_run()
    assert "collector" in panels("loadtests/5m")["load_tests"]["open"]["text"]
    LoadRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, started_at="2027-01-15T08:00:00Z")
    assert panels("loadtests/5m")["load_tests"]["open"]["text"] == "Preparing users and data."


def test_a_running_load_test_tells_how_far_it_is_and_how_long_it_takes():
    running(SECOND - 30)
    progress = panels("loadtests/5m", SECOND)["load_tests"]["open"]
    assert progress["pct"] == 25
    assert progress["text"] == "30\xa0s of 2\xa0min, 1\xa0min 30\xa0s to go"


def test_a_search_knows_only_how_long_it_takes_at_most():
    running(SECOND - 30, profile="stress")
    progress = panels("loadtests/5m", SECOND)["load_tests"]["open"]
    assert progress["pct"] is None
    assert progress["text"].endswith("at most")


def test_while_it_runs_the_course_is_what_both_sides_measured_so_far():
    run = running(SECOND - 30)
    load_for(run, 30)
    charts = panels(f"loadtest/5m/{run.pk}", SECOND + 0.4)["charts"]
    assert (charts["start"], charts["step_s"], charts["points"]) == (SECOND - 30, 1, 120)
    for label, about_ms in (
        ("as the client waits", 42), ("from sending", 40), ("in the server", 30), ("gap", 8),
    ):  # fmt: skip
        line = values(charts, "load_latency", label)
        assert line[:30] == [pytest.approx(about_ms, rel=0.01)] * 30
        assert line[30:] == [None] * 90
    assert values(charts, "load_rate", "answered")[:30] == [40] * 30
    assert values(charts, "load_rate", "planned arrivals")[29] == 20
    assert values(charts, "load_users", "at once")[0] == 3
    assert values(charts, "load_cpu", "host")[0] == 30
    assert values(charts, "load_cpu", "generator, of one core")[0] == 25


def test_the_step_that_is_not_over_is_counted_over_what_has_passed_of_it():
    run = running(SECOND - 113, profile="soak")
    load_for(run, 113)
    charts = panels(f"loadtest/5m/{run.pk}", SECOND)["charts"]
    assert (charts["step_s"], charts["points"]) == (20, 181)
    shown = [value for value in values(charts, "load_rate", "answered") if value is not None]
    assert shown[1:] == [40] * (len(shown) - 1)


def test_the_limits_of_its_profile_are_lines_in_its_charts(settings):
    settings.PERF_BUDGETS = {"p95_ms": 300}
    run = running(SECOND - 5)
    charts = {chart["name"]: chart for chart in panels(f"loadtest/5m/{run.pk}")["charts"]["charts"]}
    assert [line["value"] for line in charts["load_latency"]["targets"]] == [300]
    assert [line["value"] for line in charts["load_errors"]["targets"]] == [1]


def test_afterwards_the_same_charts_come_from_the_row():
    run = finished(NOW - 3600, failed=1)
    charts = panels(f"loadtest/5m/{run.pk}")["charts"]
    assert (charts["start"], charts["step_s"], charts["points"]) == (SECOND - 3600, 1, 60)
    assert values(charts, "load_latency", "gap") == [pytest.approx(8, rel=0.01)] * 60
    assert values(charts, "load_errors", "failed") == [10] * 60
    live = running(SECOND - 30)
    names = [chart["name"] for chart in panels(f"loadtest/5m/{live.pk}")["charts"]["charts"]]
    assert [chart["name"] for chart in charts["charts"]] == names


def test_a_long_course_is_drawn_in_bounded_steps_that_keep_peaks_and_means():
    run = finished(NOW - 3600, seconds=1000)
    run.series["rows"][501][run.series["columns"].index("latency_p95")] = 900.0
    run.save()
    charts = panels(f"loadtest/5m/{run.pk}")["charts"]
    assert (charts["step_s"], charts["points"]) == (5, 200)
    assert values(charts, "load_latency", "as the client waits")[100] == 900
    assert values(charts, "load_rate", "answered") == [10] * 200


def test_a_closed_test_has_users_where_an_open_one_has_requests_at_work():
    closed = finished(NOW - 3600, profile="smoke")
    charts = {chart["name"]: chart for chart in panels(f"loadtest/5m/{closed.pk}")["charts"]["charts"]}
    assert charts["load_users"]["title"] == "Users"
    assert [line["label"] for line in charts["load_users"]["series"]] == ["at work", "planned"]
    assert len(charts["load_rate"]["series"]) == 1


def test_action_by_action_both_sides_stand_side_by_side_while_it_runs():
    run = running(SECOND - 20)
    load_for(run, 20)
    rows = panels(f"loadtest/5m/{run.pk}")["load_actions"]["actions"]
    assert [row["name"] for row in rows] == ["All actions", *NAMES]
    assert (rows[0]["client"], rows[1]["client"], rows[1]["server"]) == ("800", "400", "400")
    assert rows[1]["agree"] == ""


def test_afterwards_the_counts_agree_or_do_not_and_failures_have_their_reasons():
    run = finished(NOW - 300, failed=2)
    run.summary["actions"][1]["server_count"] = 299
    run.save()
    rows = panels(f"loadtest/5m/{run.pk}")["load_actions"]["actions"]
    assert [row["agree_word"] for row in rows] == ["agree", "agree", "differ"]
    assert rows[1]["errors"] == "2: 2\xa0×\xa0503"
    assert (rows[1]["p95"], rows[1]["server_p95"], rows[1]["gap_p95"]) == ("42.0\xa0ms", "30.0\xa0ms", "8.00\xa0ms")


def test_the_verdict_says_which_threshold_was_missed_and_by_what():
    run = finished(NOW - 300, status=RunStatus.FAILED)
    told = panels(f"loadtest/5m/{run.pk}")["load_test"]
    assert (told["word"], told["heading"]) == ("Failed", "It missed 1 of 1 threshold.")
    (verdict,) = told["verdicts"]
    assert (verdict["level"], verdict["word"]) == ("critical", "missed")
    assert verdict["text"] == "p95: 42 ms, less than 20 ms wanted"


def test_a_run_that_is_gone_is_told_so_to_those_who_still_watch_it():
    found = panels("loadtest/5m/77")
    assert found["load_test"] == {"known": False}
    assert found["load_actions"]["actions"] == []


def test_the_overview_shows_the_run_that_is_on_and_nothing_afterwards():
    run = running(SECOND - 30)
    load_for(run, 30)
    overlay = panels("overview/5m")["load_overlay"]
    assert overlay["run"]["url"] == f"/dashboard/loadtests/{run.pk}"
    assert values(overlay["frame"], "load_rate", "answered")[0] == 40
    (rate,) = (chart for chart in overlay["frame"]["charts"] if chart["name"] == "load_rate")
    assert [line["label"] for line in rate["series"]] == ["answered"]  # planned are users as often as arrivals
    LoadRun.objects.filter(pk=run.pk).update(status=RunStatus.PASSED)
    assert panels("overview/5m")["load_overlay"] == {"run": None, "frame": None}


@pytest.mark.parametrize("topic", ["overview/5m", "tasks/5m", "data/1h", "overview/7d"])
def test_a_load_test_is_a_band_on_every_time_axis_of_its_time(topic):
    finished(NOW - 120, seconds=60)
    finished(NOW - 40 * 86_400)
    (band,) = panels(topic)["charts"]["markers"]
    assert band == {"at": SECOND - 120, "until": SECOND - 60, "label": "load test load", "level": "load"}


def test_without_its_store_a_running_test_shows_its_row(settings):
    run = running(SECOND - 30)
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}
    found = panels(f"loadtest/5m/{run.pk}")
    assert found["load_test"]["word"] == "Running"
    assert found["charts"] is None


@pytest.mark.parametrize(
    "topic", ["loadtest/5m", "loadtest/5m/x", "loadtest/5m/0", "loadtests/5m/x", "comparison/5m/1"]
)
def test_a_topic_that_names_no_run_is_told_what_one_looks_like(topic):
    with pytest.raises(TopicError, match=r"loadtests?/5m/\d|comparison/5m/34/12"):
        topics.parse(topic)


@pytest.mark.parametrize("topic", ["loadtests/5m/3", "loadtest/5m/12", "pt-br:comparison/5m/34/12"])
def test_a_topic_of_load_tests_is_read_back_as_it_was_written(topic):
    assert topics.topic_of(topics.parse(topic)) == topic


def test_the_number_of_queries_does_not_grow_with_runs(django_assert_num_queries):
    store({SECOND - 2: alive()})
    for number in range(30):
        finished(NOW - 100 * number)
    panels("loadtests/5m")
    with django_assert_num_queries(2):
        panels("loadtests/5m")


def test_a_frame_of_a_running_test_stays_small():
    run = running(SECOND - 110)
    load_for(run, 110)
    assert len(topics.build(f"loadtest/5m/{run.pk}", NOW)) < 12_000


def test_the_course_of_a_finished_run_is_read_once(django_assert_num_queries):
    run = finished(NOW - 300)
    store({SECOND - 2: alive()})
    with time_machine.travel(NOW, tick=False):
        panels(f"loadtest/5m/{run.pk}")
        with django_assert_num_queries(2):
            panels(f"loadtest/5m/{run.pk}")


def test_a_comparison_says_how_many_actions_got_worse_and_by_how_much():
    before, after = finished(NOW - 900, baseline="main"), finished(NOW - 300, slower=1.5)
    told = panels(f"comparison/5m/{after.pk}/{before.pk}")["load_comparison"]
    assert (told["verdict"], told["heading"]) == ("worse", "2 of 2 actions got worse.")
    assert (told["before"]["name"], told["after"]["name"]) == (f"{before.pk}: main", f"{after.pk}: load")
    assert [row["name"] for row in told["rows"]] == ["All actions", *NAMES]
    p95 = next(cell for cell in told["rows"][1]["cells"] if cell["label"] == "p95")
    assert (p95["before"], p95["after"], p95["verdict"]) == ("42.0\xa0ms", "63.0\xa0ms", "worse")
    assert p95["change"].startswith("+")
    assert p95["band"]


def test_a_run_compared_with_itself_has_not_changed():
    run, twin = finished(NOW - 900), finished(NOW - 300)
    told = panels(f"comparison/5m/{run.pk}/{twin.pk}")["load_comparison"]
    assert told["heading"] == "Nothing changed."


def test_a_comparison_with_a_run_that_is_gone_says_so():
    run = finished(NOW - 900)
    assert panels(f"comparison/5m/{run.pk}/4711")["load_comparison"] == {"known": False}


def test_a_run_measured_in_rounds_shows_what_the_gate_said():
    before = finished(NOW - 900)
    run = finished(NOW - 300, compared_with=before)
    kept = {
        "kind": "rounds", "verdict": "worse", "failed": True, "comparable": True, "tolerance_pct": 10.0, "notes": [],
        "before": {"run": before.pk, "name": "main", "release": "", "machine": "", "at": None},
        "after": {"run": run.pk, "name": "load", "release": "", "machine": "", "at": None}, "total": None,
        "actions": [{"name": NAMES[0], "state": "both", "verdict": "worse", "figures": [
            {"figure": "server", "unit": "ms", "before": 10.0, "after": 12.0, "change": 20.0, "low": 17.5, "high": 22.5,
             "change_unit": "%", "verdict": "worse"},
        ]}],
    }  # fmt: skip
    LoadRun.objects.filter(pk=run.pk).update(rounds={"comparison": kept})
    told = panels(f"loadtest/5m/{run.pk}")["load_gate"]
    assert told["heading"] == "1 of 1 action got worse."
    assert told["rows"][0]["cells"][0] == {
        "label": "In the server", "before": "10.0\xa0ms", "after": "12.0\xa0ms", "change": "+20%",
        "band": "+17.5% to +22.5%", "verdict": "worse",
    }  # fmt: skip
    assert panels(f"loadtest/5m/{before.pk}")["load_gate"] == {"known": False}


def test_a_search_says_where_the_limit_is():
    run = finished(NOW - 300, profile="stress")
    run.summary["knee"] = {
        "rate": 42.0, "broke_at": 48.0, "why": "slow", "delivered": 43.0, "recovery_s": 3.0, "steps": [],
    }  # fmt: skip
    run.save()
    words = " ".join(one["text"] for one in panels(f"loadtest/5m/{run.pk}")["load_test"]["knee"])
    assert "42" in words
    assert "48" in words
