"""The report of a run: one file that opens without network and script, holds every figure, and believes nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from perfmon.loadtest.figures import KINDS
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.profiles import PROFILES, Stage
from perfmon.loadtest.report import report_html
from perfmon.loadtest.report_tables import TIMES, fixed
from tests.perfmon.loadtest.sample_runs import ACTIONS, GAP_S, MACHINE, START, sample_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = "<script>document.title='taken'</script><img src=http://evil.example/a onerror=alert(1)>\"'&</style>"
CLOSED = replace(PROFILES["smoke"], stages=(Stage(120, 2),))
KNEE = {
    "rate": 74.4, "broke_at": 84.1, "why": "backlog", "delivered": 81.2, "recovery_s": 6.0,
    "steps": [
        {"rate": 74.4, "delivered": 74.2, "p95_ms": 88.0, "error_pct": 0.0, "held": True, "why": ""},
        {"rate": 84.1, "delivered": 80.0, "p95_ms": 1104.0, "error_pct": 12.5, "held": False, "why": "backlog"},
    ],
}  # fmt: skip
P95 = {
    "figure": "p95", "unit": "ms", "before": 3.5, "after": 4.4, "change": 25.7, "low": 14.0, "high": 38.9,
    "change_unit": "%", "verdict": "worse",
}  # fmt: skip
SIDE = {"run": 9, "name": "main", "release": "2026.11.2", "machine": "3f2a91c0", "at": "2026-11-27T18:02:11+00:00"}
COMPARISON = {
    "kind": "runs", "verdict": "worse", "failed": True, "tolerance_pct": 10.0, "before": SIDE,
    "after": {**SIDE, "run": 12, "name": "", "at": None}, "notes": [{"code": "other_machine"}], "total": None,
    "actions": [
        {"name": "GET /api/articles", "state": "both", "verdict": "worse", "figures": [P95]},
        {"name": "GET /added/", "state": "new", "verdict": "unknown", "figures": []},
    ],
}  # fmt: skip


def text_of(html: str) -> str:
    """Return what a reader sees, in one line."""
    body = html.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def texts(line: dict[str, Any], kind: str) -> list[str]:
    """Return an action's times of a kind as they are written."""
    return [fixed(line[kind][name], 2) for name in TIMES]


def path_of(html: str, chart: str, style: str) -> str:
    """Return the path of a line in a chart."""
    figure = html.partition(f'data-chart="{chart}"')[2].partition("</figure>")[0]
    found = re.search(rf'class="(?:line|bar) {style}" d="([^"]*)"/>\s*(?=<path|</svg>\s*<svg class="clock")', figure)
    assert found is not None
    return found[1]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Open a report from disk, without network and scripts: ``opened(html, width)`` returns page and complaints."""
    contexts = []

    def open_report(html: str, width: int = 1440) -> tuple[Page, list[str]]:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        contexts.append(context)
        page, seen = context.new_page(), []
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("dialog", lambda dialog: seen.append(dialog.message))
        page.goto(file.as_uri(), wait_until="load")
        assert seen.pop(0) == file.as_uri()
        return page, seen

    yield open_report
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_it_opens_without_a_network_asks_for_nothing_and_fits(opened, width: int) -> None:
    run = sample_run()
    run.summary["knee"], run.rounds = KNEE, {"comparison": COMPARISON}
    page, seen = opened(report_html(run), width)

    assert seen == []
    assert page.title() == "Load test 12: load · Passed"
    assert page.locator("figure.chart").count() == 5
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert all(box["height"] > 100 for box in (at.bounding_box() for at in page.locator(".area").all()))


def test_every_figure_of_the_run_stands_in_it() -> None:
    run = sample_run(limits=("p95 < 500 ms", "errors < 1 %", "rate > 18 /s", "GET /api/articles: p99 < 20 ms"))
    text = text_of(report_html(run))

    for line in [run.summary["total"], *run.summary["actions"]]:
        count, errors, client, server = (fixed(line[f], 0) for f in ("count", "errors", "client_count", "server_count"))
        rate, pct, latency = fixed(line["rate"], 2), fixed(line["error_pct"], 2), texts(line, "latency")
        *shown, _mean, slowest = latency
        name = line["name"] or "All"
        assert " ".join([name, count, errors, rate, *shown, slowest, client, server]) in text
        times = [word for kind in KINDS for word in (kind, *texts(line, kind))]
        failures = [f"{reason} × {failed}" for reason, failed in line["failures"].items()]
        head = f"{line['name'] or 'All actions'} {count} requests, {rate} a second · {errors} errors, {pct} %"
        assert " ".join([head, "ms p50 p95 p99 mean slowest", *times, *failures]) in text
    assert [verdict["text"] for verdict in run.verdicts if verdict["text"] not in text] == []
    told = [MACHINE["id"], MACHINE["cpu"], "8.00 GiB", "3.14.0, 6.0", run.host, run.release, "2026-11-28 08:12:30 UTC"]
    assert [words for words in told if words not in text] == []
    assert text.count("✓ kept") == 3
    assert f"{len(run.series['rows'])} rows of measurements" in text


def test_the_verdict_and_its_reason_come_first() -> None:
    failed = text_of(report_html(sample_run(limits=("p99 < 1 ms", "errors < 5 %"))))
    passed = text_of(report_html(sample_run()))

    assert re.match(r"Load test 12 · .* load Failed p99: \d+ ms, less than 1 ms wanted Requests", failed)
    assert re.match(r"Load test 12 · .* load Passed Every threshold was kept\. Requests", passed)


def test_a_comparison_that_failed_is_a_reason_and_is_shown() -> None:
    run = sample_run(status=RunStatus.FAILED, rounds={"comparison": COMPARISON})
    text = text_of(report_html(run))

    assert "Failed Slower than what it was compared with." in text
    assert "GET /api/articles p95 ms 3.50 4.40 +25.7 % +14.0 … +38.9 worse" in text
    assert "main · load test 9 · 2026.11.2 · 2026-11-27 18:02 UTC" in text
    assert "New, with nothing to compare with: GET /added/" in text
    assert "The baseline was measured on another machine" in text


def test_a_run_that_was_compared_with_another_has_both_figures() -> None:
    before = sample_run(pk=9, baseline="main")
    text = text_of(report_html(sample_run(compared_with=before)))

    p95 = fixed(before.summary["total"]["latency"]["p95"], 2)
    assert "Before main · load test 9 · 2026.11.3 · 2026-11-28 08:12 UTC" in text
    assert re.search(rf"All p95 ms {p95} {p95} 0\.0 % −\d+\.\d … \+\d+\.\d the same", text)


def test_the_break_point_is_told_with_the_steps_to_it() -> None:
    run = sample_run()
    run.summary["knee"] = KNEE
    text = text_of(report_html(run))

    assert "It held at 74.4 arrivals a second and broke at 84.1 (fell behind)." in text
    assert "latency was back to normal in 6.0 s" in text
    assert "74.4 74.2 88.00 0.00 ✓ held 84.1 80.0 1,104.00 12.50 ✗ fell behind" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"broke_at": None, "why": "", "recovery_s": None}, "the most that was asked for: its limit was not found"),
        ({"rate": 0.0}, "No rate held that was tried."),
        ({"recovery_s": None}, "latency did not come back while the run watched"),
    ],
)
def test_a_search_that_found_less_says_so(changes: dict[str, Any], words: str) -> None:
    run = sample_run()
    run.summary["knee"] = {**KNEE, **changes}

    assert words in text_of(report_html(run))


def test_an_open_run_with_a_stall_says_what_a_closed_one_would_have_hidden() -> None:
    text = text_of(report_html(sample_run()))

    assert "This was an open test" in text
    assert "In a closed test users who wait send nothing" in text


def test_a_calm_open_run_says_that_both_models_agree() -> None:
    run = sample_run(notes=[])

    assert "a closed test would have shown much the same" in text_of(report_html(run))


def test_a_closed_run_says_that_stalls_are_underreported_and_how_to_run_the_open_model() -> None:
    text = text_of(report_html(sample_run(CLOSED, notes=[])))

    assert "stalls are underreported" in text
    assert "manage.py loadtest --profile smoke --model open" in text
    assert "Closed: at most 2 users, who pause 0.1 to 0.3 s between requests" in text


def test_hostile_names_are_words_and_nothing_else(opened) -> None:
    run = sample_run(names=[f"GET /{HOSTILE}", "GET /"], host=HOSTILE, release=HOSTILE, scenario=HOSTILE)
    run.profile_name, run.machine = HOSTILE, {**MACHINE, "cpu": HOSTILE, "id": HOSTILE}
    run.summary["actions"][0]["failures"] = {HOSTILE: 2}
    run.notes = [{"code": HOSTILE}, {"code": "broken", "why": HOSTILE}]
    run.verdicts[0] |= {"text": HOSTILE}
    run.verdicts[1] |= {"action": HOSTILE, "passed": False}
    run.rounds = {"comparison": {**COMPARISON, "before": {**SIDE, "name": HOSTILE}}}
    html = report_html(run)
    page, seen = opened(html)

    assert "<script" not in html
    assert "<img" not in html
    assert html.count("</style>") == 1
    assert seen == []
    assert page.title().startswith("Load test 12: <script>")
    assert page.get_by_role("row", name=f"GET /{HOSTILE}").count() == 1


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.BROKEN, RunStatus.STOPPED])
def test_a_run_that_measured_nothing_is_told_as_such(status: RunStatus) -> None:
    notes = [{"code": "broken", "why": "There is no server."}] if status == RunStatus.BROKEN else []
    run = LoadRun(
        pk=1, profile_name="load", model="open", host="http://127.0.0.1:8000", created_at=START, status=status,
        profile=PROFILES["load"].to_json(), notes=notes,
    )  # fmt: skip
    text = text_of(report_html(run))

    assert "Nothing was measured." in text
    assert "Open: at most 20 arrivals a second" in text
    assert text.count("There is no server.") == len(notes)


def test_an_action_nobody_came_to_has_dashes() -> None:
    run = sample_run(names=[*ACTIONS, "GET /never/"])
    run.summary["actions"][-1] |= {"count": 0, "errors": 0, "error_pct": None, "failures": {}, "server_count": None}
    for kind in KINDS:
        run.summary["actions"][-1][kind] = dict.fromkeys(TIMES)

    assert "latency – – – – –" in text_of(report_html(run)).rpartition("GET /never/")[2]


def test_seconds_of_which_nothing_is_known_are_gaps_in_every_chart() -> None:
    run = sample_run()
    html = report_html(run)

    assert {row[0] for row in run.series["rows"]}.isdisjoint(range(*GAP_S))
    for chart, style in (("times", "latency"), ("rate", "target"), ("cpu", "service")):
        assert path_of(html, chart, style).count("M") == 2
    assert path_of(html, "errors", "errors").rpartition("z")[2].count("M") == 2


def test_it_speaks_the_readers_language() -> None:
    run = sample_run()
    with translation.override("pt-br"):
        html = report_html(run)

    assert '<html lang="pt-br">' in html
    english = fixed(run.summary["total"]["latency"]["p99"], 2)
    assert english.translate(str.maketrans(",.", ".,")) in html
