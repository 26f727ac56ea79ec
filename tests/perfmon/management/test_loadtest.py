"""manage.py loadtest: a real generator, the real site, both sides count the same; the exit code is the verdict."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.plans import Action
from perfmon.loadtest.profiles import get_profile
from perfmon.loadtest.rounds import Rounds
from perfmon.loadtest.runs import run_create, run_stop
from perfmon.loadtest.scenarios import Cast, Place
from tests.fixtures.site import Site
from tests.waiting import eventually

SCENARIO = f"{__name__}.Readers"
QUICK = ("--profile", "smoke", "--duration", "3", "--scenario", SCENARIO)
removed: list[int] = []


class Readers:
    """Reads the health page and one that is missing, which is what is expected of it."""

    def prepare(self, place: Place) -> Cast:
        return Cast((
            Action("GET /api/articles", "/api/articles", weight=2),
            Action("GET /<slug>", "/articles/{slug}/", choices={"slug": ["none", "such"]}, expects=(404,)),
        ))  # fmt: skip

    def remove(self, run: int) -> None:
        removed.append(run)


def _loadtest(site: Site, *arguments: str) -> tuple[int, LoadRun]:
    with pytest.raises(SystemExit) as left:
        call_command("loadtest", *QUICK, "--host", site.url, *arguments)
    return int(left.value.code or 0), LoadRun.objects.latest("pk")


@pytest.mark.usefixtures("collector")
def test_a_run_passes_and_both_sides_counted_the_same(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    code, run = _loadtest(site)

    assert (code, run.status) == (0, RunStatus.PASSED)
    assert {note["code"] for note in run.notes} <= {"host_busy", "generator_late", "closed_hides"}  # as the machine is
    counts, actions = run.summary["counts"], run.summary["actions"]
    assert counts["client"] == counts["server"] > 10
    assert (counts["agree"], counts["unanswered"], counts["difference_pct"]) == (True, 0, 0.0)
    assert [line["name"] for line in actions] == ["GET /api/articles", "GET /<slug>"]
    assert all(line["client_count"] == line["server_count"] > 0 for line in actions)
    assert len(run.series["rows"]) >= 3
    assert removed[-1] == run.pk
    assert f"Load test {run.pk} passed." in capsys.readouterr().out


@pytest.mark.usefixtures("collector")
def test_an_impossible_threshold_fails_the_run_and_says_by_how_much(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    code, run = _loadtest(site, "--threshold", "GET /<slug>: p95 < 0.01 ms")

    assert (code, run.status) == (1, RunStatus.FAILED)
    assert [verdict["passed"] for verdict in run.verdicts] == [True, False]
    assert "less than 0.01 ms wanted" in capsys.readouterr().out


@pytest.mark.usefixtures("collector")
def test_arrivals_are_counted_on_both_sides_too(site: Site) -> None:
    code, run = _loadtest(site, "--model", "open", "--rate", "20")

    assert (code, run.model) == (0, "open")
    assert run.summary["counts"]["client"] == run.summary["counts"]["server"] > 20


@pytest.mark.usefixtures("collector")
def test_a_program_gets_the_run_as_json_and_a_reader_the_report(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, run = _loadtest(site, "--json", "--report", str(tmp_path / "report.html"))
    printed = json.loads(capsys.readouterr().out)

    assert (code, printed["id"], printed["summary"]["counts"]["agree"]) == (0, run.pk, True)
    assert "GET /api/articles" in (tmp_path / "report.html").read_text()


@pytest.mark.usefixtures("collector")
def test_a_run_that_is_asked_to_stop_ends_and_keeps_its_figures(site: Site) -> None:
    def stop() -> None:
        eventually(lambda: LoadRun.objects.filter(status=RunStatus.RUNNING).exists())
        eventually(lambda: len(_windows()) > 1)
        run_stop(run_id=LoadRun.objects.get().pk)

    stopper = _in_a_thread(stop)
    code, run = _loadtest(site, "--duration", "60")
    stopper.join()

    assert (code, run.status, run.notes[0]) == (130, RunStatus.STOPPED, {"code": "stopped"})
    assert run.summary["counts"]["client"] == run.summary["counts"]["server"] > 0
    assert removed[-1] == run.pk


@pytest.mark.usefixtures("collector")
def test_rounds_are_kept_with_a_baseline_and_compared_with_it(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    _, baseline = _loadtest(site, "--save-baseline", "main", "--rounds", "10")
    assert (baseline.baseline, baseline.summary["counts"]["agree"]) == ("main", True)
    assert len(baseline.rounds["service"]["GET /api/articles"]) >= 10
    assert set(baseline.rounds["server"]) == {"", "GET /api/articles", "GET /<slug>"}  # the marks were recognised

    code, run = _loadtest(site, "--compare", "main", "--rounds", "10")
    comparison = run.rounds["comparison"]
    assert run.compared_with == baseline
    assert comparison["before"]["run"] == baseline.pk
    assert code == int(comparison["failed"])
    assert "Compared with main" in capsys.readouterr().out


@pytest.mark.usefixtures("collector")
def test_a_running_build_is_measured_beside_the_site(site: Site) -> None:
    code, run = _loadtest(site, "--compare", f"{site.url}/", "--rounds", "10")
    comparison = run.rounds["comparison"]
    assert (comparison["before"]["name"], comparison["before"]["run"], run.compared_with) == (site.url, None, None)
    assert (comparison["comparable"], code) == (True, int(comparison["failed"]))
    assert {one["name"] for one in comparison["actions"]} == {"GET /api/articles", "GET /<slug>"}


def _windows() -> dict[str, Any]:
    from perfmon.loadtest.serverside import _read

    run = LoadRun.objects.get()
    return _read(run.pk, int(run.started_at.timestamp()), int(run.started_at.timestamp()) + 60)


def _in_a_thread(work: Any) -> threading.Thread:
    from django.db import connections

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_without_a_server_nothing_is_made_and_the_fix_is_said(
    transactional_db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(removed)
    with pytest.raises(SystemExit) as left:
        call_command("loadtest", *QUICK, "--host", "http://127.0.0.1:9")

    assert left.value.code == 3
    assert LoadRun.objects.get().status == RunStatus.BROKEN
    assert "Nothing answers at http://127.0.0.1:9" in capsys.readouterr().out
    assert len(removed) == before


@pytest.mark.usefixtures("collector")
def test_a_threshold_of_an_action_nobody_does_breaks_the_run_off_and_clears_up(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    code, run = _loadtest(site, "--threshold", "GET /nothing: p95 < 1 s")

    assert (code, run.status) == (3, RunStatus.BROKEN)
    assert "Actions are: GET /api/articles, GET /<slug>" in capsys.readouterr().out
    assert removed[-1] == run.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--profile", "huge"), "none of smoke, load, stress, soak, spike"),
        (("--rate", "5", "--users", "5"), "exclude one another"),
        (("--duration", "0"), "--duration must be more than 0"),
        (("--profile", "stress", "--users", "5"), "leave --duration, --users"),
        (("--threshold", "fast"), "no threshold"),
        (("--host", "http://192.0.2.1"), "--allow-host 192.0.2.1"),
        (("--scenario", "no.such.Scenario"), "can't be loaded"),
        (("--profile", "missing.toml"), "can't be read"),
        (("--workers", "65"), "--workers must be from 0 to 64"),
        (("--expect-workers", "2"), "needs a --master-port"),
        (("--compare", "nothing"), "there is no baseline 'nothing'"),
        (("--compare", "http://192.0.2.1"), "--allow-host 192.0.2.1"),
        (("--compare", "main", "--rounds", "-1"), "--rounds must be from 1"),
        (("--save-baseline", "release/2"), "no slash"),
    ],
)
def test_wrong_use_is_told_by_its_option_and_makes_no_run(arguments: tuple[str, ...], words: str) -> None:
    given = ("--scenario", SCENARIO, *arguments)
    with pytest.raises(CommandError, match=words) as refused:
        call_command("loadtest", *given)
    assert refused.value.returncode == 2
    assert not LoadRun.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "words"), [("/no/such/folder/report.html", "folder of .* does not exist"), ("/tmp", "is a folder")]
)
def test_a_report_that_could_not_be_written_is_told_before_the_run(file: str, words: str) -> None:
    with pytest.raises(CommandError, match=f"--report: .*{words}"):
        call_command("loadtest", "--scenario", SCENARIO, "--report", file)
    assert not LoadRun.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rounds", "words"),
    [
        ({}, "has no rounds"),
        (Rounds("1/3.0", "ffff", "http://127.0.0.1:8000").to_json(), "was measured on another machine"),
    ],
)
def test_a_baseline_that_says_nothing_here_is_refused_before_anything_is_measured(
    rounds: dict[str, Any], words: str
) -> None:
    run = run_create(profile=get_profile("smoke"), host="http://127.0.0.1:8000", scenario=SCENARIO)
    LoadRun.objects.filter(pk=run.pk).update(baseline="main", status=RunStatus.PASSED, rounds=rounds)
    with pytest.raises(CommandError, match=words) as refused:
        call_command("loadtest", "--scenario", SCENARIO, "--compare", "main")
    assert refused.value.returncode == 2
    assert "--save-baseline main" in str(refused.value)
    assert LoadRun.objects.count() == 1


@pytest.mark.django_db
def test_runs_are_listed_stopped_and_cleared_up_after(capsys: pytest.CaptureFixture[str]) -> None:
    run = run_create(profile=get_profile("smoke"), host="http://127.0.0.1:8000", scenario=SCENARIO)
    call_command("loadtest", "--list")
    assert "spike" in (words := capsys.readouterr().out)
    assert "queued" in words

    call_command("loadtest", "--stop")
    run.refresh_from_db()
    assert run.status == RunStatus.STOPPED
    call_command("loadtest", "--stop")
    assert "No load test is on." in capsys.readouterr().out

    call_command("loadtest", "--clean", str(run.pk))
    assert removed[-1] == run.pk
