"""The figures of a run: every frame counts once, the warm-up is left out, and both sides' counts are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfmon.loadtest.notes import notes_of
from perfmon.loadtest.plans import CLOSED, OPEN
from perfmon.loadtest.profiles import Profile, Stage
from perfmon.loadtest.tally import Tally, stored_windows
from perfmon.loadtest.wording import NOTES, note_text
from perfmon.series import SeriesKey, Window
from perfmon.wire import rows_of

MS = 1_000_000
NAMES = ["GET /", "POST /"]


def _window(*values_ms: float, errors: int = 0) -> Window:
    window = Window(0, errors)
    for value_ms in values_ms:
        window.add(round(value_ms * MS))
    return window


def _frame(second: int, kinds: Mapping[str, Mapping[str, Window]], **changes: Any) -> dict[str, Any]:
    windows = {SeriesKey(kind, key): window for kind, by_key in kinds.items() for key, window in by_key.items()}
    state = {"target": 5.0, "busy": 1, "waiting": 0, "users": 5, "cpu_pct": 10.0, "late_ms": 1.0, "failures": {}}
    return {"second": second, "rows": rows_of(windows), **state, **changes}


def _tally(*frames: dict[str, Any], warm_up_s: float = 0, sent: int = 0, unanswered: int = 0) -> Tally:
    tally = Tally(1000, warm_up_s)
    for frame in frames:
        tally.add(frame, 20.0)
    tally.end({"sent": {"0": sent}, "answered": {"0": sent - unanswered}})
    return tally


def _server(*values_ms: float) -> dict[str, Window]:
    return {"0": _window(*values_ms)}


def test_a_line_has_times_rate_and_reasons_of_its_action_alone() -> None:
    tally = _tally(
        _frame(1000, {"latency": {"0": _window(10, 20), "1": _window(500, errors=1)}}, failures={"1": {"503": 1}}),
        _frame(1001, {"latency": {"0": _window(30, 40)}}),
    )
    first, second = tally.summary(NAMES, None)["actions"]

    assert (first["name"], first["count"], first["errors"], first["rate"]) == ("GET /", 4, 0, 2.0)
    assert first["latency"]["p50"] == pytest.approx(20, rel=0.01)
    assert (second["count"], second["error_pct"], second["failures"]) == (1, 100.0, {"503": 1})


def test_the_warm_up_counts_but_leaves_no_mark_on_the_figures() -> None:
    slow, quick = _frame(1000, {"latency": {"0": _window(900)}}), _frame(1005, {"latency": {"0": _window(10)}})
    summary = _tally(slow, quick, warm_up_s=5, sent=2).summary(NAMES, None)

    assert summary["total"]["latency"]["max"] == 10
    assert (summary["total"]["count"], summary["counts"]["client"]) == (1, 2)


@pytest.mark.parametrize(
    ("sent", "unanswered", "counted", "agree"),
    [(3, 0, 3, True), (3, 1, 2, True), (3, 1, 3, True), (3, 0, 2, False), (3, 1, 4, False), (3, 2, 0, None)],
)
def test_counts_agree_when_what_got_no_answer_is_all_the_difference(
    sent: int, unanswered: int, counted: int, agree: bool | None
) -> None:
    tally = _tally(_frame(1000, {}), sent=sent, unanswered=unanswered)
    counts = tally.summary(NAMES, _server(*[5] * counted) if counted else None)["counts"]
    assert counts["agree"] is agree


def test_percentiles_of_what_answers_told_are_compared_with_what_the_server_counted() -> None:
    tally = _tally(_frame(1000, {"server": {"0": _window(10, 20, 30)}}), warm_up_s=60, sent=3)
    assert tally.summary(NAMES, _server(10, 20, 30))["counts"]["difference_pct"] == 0
    assert tally.summary(NAMES, _server(10, 40, 60))["counts"]["difference_pct"] == pytest.approx(50, abs=2)


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(1, 10_000), max_size=20), min_size=1, max_size=10))
def test_the_total_is_that_of_all_frames_however_they_were_cut(seconds: list[list[int]]) -> None:
    parts = _tally(*[_frame(1000 + at, {"latency": {"0": _window(*each)}}) for at, each in enumerate(seconds)])
    whole = _tally(_frame(1000, {"latency": {"0": _window(*[value for each in seconds for value in each])}}))
    assert parts.summary(NAMES, None)["total"]["latency"] == whole.summary(NAMES, None)["total"]["latency"]


def test_the_dashboard_gets_what_the_client_saw_under_the_runs_number() -> None:
    windows = Tally(1000, 0).add(_frame(1000, {"latency": {"0": _window(5)}, "server": {"0": _window(4)}}), 0.0)
    assert list(stored_windows(windows, 12)) == [SeriesKey("load_latency", "12/0")]


def _profile(model: str) -> Profile:
    return Profile("mine", "", model, (Stage(10, 5),), most_users=8)


@pytest.mark.parametrize(
    ("model", "frame", "code"),
    [
        (OPEN, {"cpu_pct": 90.0}, "generator_busy"),
        (OPEN, {"late_ms": 80.0}, "generator_late"),
        (OPEN, {"busy": 8}, "users_all_busy"),
        (CLOSED, {"busy": 8}, None),
    ],
)
def test_a_reader_is_warned_when_the_generator_was_the_limit(
    model: str, frame: dict[str, Any], code: str | None
) -> None:
    tally = _tally(_frame(1000, {"latency": {"0": _window(5)}}, **frame), sent=1)
    notes = notes_of(tally.summary(NAMES, _server(5)), tally, _profile(model), stopped=False)
    assert [note["code"] for note in notes] == ([code] if code else [])
    assert all("%(" not in note_text(note) for note in notes)


@pytest.mark.parametrize(
    ("model", "latency", "service", "code"),
    [
        (OPEN, [10] * 50 + [1400] * 2, [10] * 52, "open_waited"),
        (OPEN, [10] * 50 + [1400] * 2, [10] * 50 + [1400] * 2, "open_counts_all"),
        (CLOSED, [10] * 200 + [1400], [10] * 200 + [1400], "closed_hides"),
        (OPEN, [10] * 50, [10] * 50, None),
    ],
)
def test_a_stall_is_explained_as_the_model_saw_it(
    model: str, latency: list[float], service: list[float], code: str | None
) -> None:
    tally = _tally(_frame(1000, {"latency": {"0": _window(*latency)}, "service": {"0": _window(*service)}}), sent=1)
    notes = notes_of(tally.summary(NAMES, _server(5)), tally, _profile(model), stopped=False)
    assert [note["code"] for note in notes] == ([code] if code else [])


def test_missing_and_differing_counts_are_said_first() -> None:
    tally = _tally(_frame(1000, {}), sent=3)
    unseen = notes_of(tally.summary(NAMES, None), tally, _profile(OPEN), stopped=True)
    assert [note["code"] for note in unseen] == ["stopped", "server_unseen"]
    differing = notes_of(tally.summary(NAMES, _server(5)), tally, _profile(OPEN), stopped=False)
    assert differing == [{"code": "counts_differ", "client": 3, "server": 1}]
    assert "3 answers" in note_text(differing[0])


def test_a_note_of_a_later_release_is_shown_by_its_code() -> None:
    assert "newer" not in NOTES
    assert note_text({"code": "newer"}) == "newer"


def test_a_sockets_frames_have_a_line_of_their_own_and_are_in_no_total() -> None:
    frame = _window(5, 15, errors=1)
    kinds = {"latency": {"0": _window(10)}, "frame": {"1": frame}, "skipped": {"1": Window(2, 0, 7, 4)}}
    tally = _tally(_frame(1000, kinds, failures={"1": {"gap": 1}}), sent=1)
    summary = tally.summary(["WS /ws/ connect", "WS /ws/ frames"], _server(10))
    connects, frames = summary["actions"]

    assert (connects["count"], connects["skipped"], connects["server_count"]) == (1, 0, 1)
    assert (frames["count"], frames["errors"], frames["skipped"]) == (2, 1, 7)
    assert frames["latency"]["p50"] == pytest.approx(5, rel=0.01)
    assert (frames["client_count"], frames["server_count"]) == (2, None)
    assert (summary["total"]["count"], summary["total"]["errors"]) == (1, 0)
    assert summary["counts"]["agree"]
    assert tally.timeline.to_json()["rows"][0][3] == 1
