"""Load tests through the client: who may look, who may start and end them, what is refused and how it is said."""

from __future__ import annotations

import json
import time

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.store import rollups
from tests.perfmon.panels.loadruns import finished, new_run, running
from tests.perfmon.test_views_dashboard import text_of

pytestmark = pytest.mark.django_db
LIST = "/dashboard/loadtests"
SMOKE = {"profile": "smoke", "host": "http://127.0.0.1:8000", "model": "", "duration_s": "", "target": ""}
ACTIONS = ("stop", "again", "baseline", "remove")
FILES = ("report.html", "run.json")


@pytest.fixture(autouse=True)
def memory(settings) -> None:
    """perfmon without Valkey, with nothing stored; one address besides this machine's."""
    settings.PERFMON = {
        "VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1", "LOADTEST_HOSTS": ["https://stage.example.org"],
    }  # fmt: skip
    rollups._ids.clear()


@pytest.fixture
def viewer(client: Client) -> Client:
    """Somebody of the staff, who may look."""
    client.force_login(User.objects.create_user("ops", is_staff=True))
    return client


@pytest.fixture
def tester() -> Client:
    """Somebody who may run load tests; forged requests are refused as in service."""
    user = User.objects.create_user("tess", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="run_loadtest"))
    client = Client()
    client.force_login(user)
    return client


def detail(run: LoadRun) -> str:
    """The address of a run's page."""
    return f"{LIST}/{run.pk}"


def test_a_visitor_is_sent_to_the_login_and_others_are_told_why_not(client):
    run = finished(time.time() - 300)
    for path in (LIST, detail(run), f"{detail(run)}/run.json", f"{detail(run)}/compare?with={run.pk}"):
        assert client.get(path).status_code == 302
    client.force_login(User.objects.create_user("reader"))
    assert client.get(detail(run)).status_code == 403


def test_a_viewer_sees_the_runs_and_which_right_is_missing(viewer):
    finished(time.time() - 300)
    response = viewer.get(LIST)
    assert "perfmon.run_loadtest" in text_of(response)
    assert "<form" not in response.content.decode().split("</header>", 1)[1].split("data-help", 1)[0]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_cannot_do_anything_to_a_run(viewer, action):
    run = finished(time.time() - 300)
    response = viewer.post(f"{detail(run)}/{action}", {"name": "main"})
    assert response.status_code == 403
    assert "perfmon.run_loadtest" in text_of(response)
    assert LoadRun.objects.get().baseline is None


def test_a_viewer_cannot_start_one(viewer):
    assert viewer.post(LIST, SMOKE).status_code == 403
    assert not LoadRun.objects.exists()


def test_the_permission_alone_does_not_open_the_dashboard(client):
    user = User.objects.create_user("reader")
    user.user_permissions.add(Permission.objects.get(codename="run_loadtest"))
    client.force_login(user)
    assert client.post(LIST, SMOKE).status_code == 403


@pytest.mark.parametrize("path", [LIST, *(f"{LIST}/1/{action}" for action in ACTIONS)])
def test_a_forged_request_is_refused(path):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.create_superuser("root"))
    new_run(pk=1)
    assert careful.post(path, SMOKE).status_code == 403
    assert LoadRun.objects.get().status == RunStatus.QUEUED


@pytest.mark.parametrize("action", ACTIONS)
def test_only_a_post_does_anything(tester, action):
    assert tester.get(f"{detail(finished(time.time()))}/{action}").status_code == 405


def test_without_any_run_the_page_teaches_how_to_start_the_first(tester, viewer):
    text = text_of(tester.get(LIST))
    assert "No load test has run so far." in text
    assert "manage.py loadtest --profile smoke" in text
    assert "Start a load test" in text
    assert "Start the first one in a terminal" in text_of(viewer.get(LIST))


def test_the_form_offers_every_profile_with_its_length_and_the_addresses_allowed(tester):
    text = text_of(tester.get(LIST))
    assert "smoke 15 s Does everything answer? Two users for fifteen seconds." in text
    assert "soak 1 h Does it last? Ten arrivals a second for an hour." in text
    assert "https://stage.example.org" in text


def test_a_run_is_queued_as_asked_for_and_remembers_who_did(tester):
    response = tester.post(LIST, SMOKE | {"profile": "load", "duration_s": "60", "target": "5"})
    run = LoadRun.objects.get()
    assert (response.status_code, response["Location"]) == (302, detail(run))
    assert (run.status, run.profile_name, run.model, run.created_by.username) == ("queued", "load", "open", "tess")
    assert sum(stage["duration_s"] for stage in run.profile["stages"]) == pytest.approx(60)
    assert max(stage["target"] for stage in run.profile["stages"]) == pytest.approx(5)
    assert "Waiting for the collector to start it." in text_of(tester.get(detail(run)))


def test_what_is_left_empty_is_as_the_profile_says(tester):
    tester.post(LIST, SMOKE)
    profile = LoadRun.objects.get().profile
    assert (profile["model"], profile["stages"]) == ("closed", [{"duration_s": 15, "target": 2}])


def test_a_search_takes_its_highest_rate_from_the_form(tester):
    tester.post(LIST, SMOKE | {"profile": "stress", "target": "40"})
    assert LoadRun.objects.get().profile["search"]["most"] == 40


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"profile": "mine"}, "profile", "mine"),
        ({"host": "http://example.com"}, "host", "http://example.com"),
        ({"model": "half-open"}, "model", "half-open"),
        ({"duration_s": "4"}, "duration_s", "greater than or equal to 5"),
        ({"duration_s": "14401"}, "duration_s", "less than or equal to 14400"),
        ({"duration_s": "soon"}, "duration_s", "whole number"),
        ({"target": "0"}, "target", "greater than or equal to 0.1"),
        ({"target": "2001"}, "target", "less than or equal to 2000"),
        ({"target": "501"}, "target", "At most 500 users"),
        ({"target": "nan"}, "target", "Enter a number"),
        ({"profile": "stress", "duration_s": "60"}, "duration_s", "leave the duration empty"),
        ({"profile": "stress", "model": "closed"}, "model", "open model"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field_and_nothing_is_queued(tester, changes, field, said):
    response = tester.post(LIST, SMOKE | changes)
    assert response.status_code == 400
    assert said in text_of(response)
    assert response.context["form"].has_error(field)
    assert not LoadRun.objects.exists()


def test_while_one_is_on_its_progress_stands_in_the_forms_place_and_a_second_is_refused(tester):
    run = running(time.time() - 30)
    text = text_of(tester.get(LIST))
    assert f"Load test {run.pk}: load" in text
    assert "of 2 min" in text
    refused = tester.post(LIST, SMOKE)
    assert refused.status_code == 400
    assert f"Another load test is on ({run.pk})" in text_of(refused)
    assert LoadRun.objects.count() == 1


def test_a_run_is_asked_to_stop_and_says_that_it_does(tester):
    run = running(time.time() - 30)
    assert f'action="{detail(run)}/stop"' in tester.get(detail(run)).content.decode()
    response = tester.post(f"{detail(run)}/stop")
    assert (response.status_code, response["Location"]) == (302, detail(run))
    run.refresh_from_db()
    assert run.stop_asked
    assert "Stopping: requests that are under way are waited for." in text_of(tester.get(detail(run)))


def test_a_run_is_removed_but_not_while_it_is_on(tester):
    run, done = running(time.time() - 30), finished(time.time() - 300)
    refused = tester.post(f"{detail(run)}/remove")
    assert refused.status_code == 400
    assert "Stop it first" in text_of(refused)
    assert tester.post(f"{detail(done)}/remove")["Location"] == LIST
    assert list(LoadRun.objects.all()) == [run]
    assert tester.post(f"{detail(done)}/remove").status_code == 302


def test_a_run_becomes_a_baseline_by_its_name_which_must_be_one(tester):
    run = finished(time.time() - 300)
    assert tester.post(f"{detail(run)}/baseline", {"name": "main"}).status_code == 302
    run.refresh_from_db()
    assert run.baseline == "main"
    refused = tester.post(f"{detail(run)}/baseline", {"name": "a/b"})
    assert refused.status_code == 400
    assert "no slash" in text_of(refused)
    stopped = finished(time.time() - 200, status=RunStatus.STOPPED)
    assert "Only a run that came to its end" in text_of(tester.post(f"{detail(stopped)}/baseline", {"name": "x"}))


def test_a_run_is_run_again_with_its_own_settings(tester):
    run = finished(time.time() - 300, profile="spike", scenario="shop.loads.Buyers")
    run.refresh_from_db()
    response = tester.post(f"{detail(run)}/again")
    new = LoadRun.objects.get(status="queued")
    assert response["Location"] == detail(new)
    assert (new.profile, new.scenario, new.created_by.username) == (run.profile, "shop.loads.Buyers", "tess")


def test_a_run_that_may_not_be_run_again_says_why(tester):
    run = finished(time.time() - 300)
    LoadRun.objects.update(host="http://elsewhere.example.org")
    refused = tester.post(f"{detail(run)}/again")
    assert refused.status_code == 400
    assert "may be sent to" in text_of(refused)


def test_the_first_paint_of_a_run_has_its_verdict_figures_and_charts(viewer):
    run = finished(time.time() - 300, status=RunStatus.FAILED, failed=2)
    response = viewer.get(detail(run))
    text = text_of(response)
    assert "Failed It missed 1 of 1 threshold." in text
    assert "p95: 42 ms, less than 20 ms wanted" in text
    assert "GET /articles/<slug>/" in text.replace("&lt;", "<").replace("&gt;", ">")
    body = response.content.decode()
    assert f'data-topic="loadtest/5m/{run.pk}"' in body
    assert body.count("data-chart=") == 5
    assert "A processor, 2 cores" in text


def test_a_run_can_be_had_as_json(viewer):
    run = finished(time.time() - 300)
    response = viewer.get(f"{detail(run)}/run.json")
    assert response["Content-Disposition"] == f'attachment; filename="loadtest-{run.pk}.json"'
    assert json.loads(response.content)["summary"]["total"]["count"] == 600


@pytest.mark.parametrize("path", ["", "/run.json", "/report.html"])
def test_a_run_that_does_not_exist_is_not_found(viewer, path):
    assert viewer.get(f"{LIST}/4711{path}").status_code == 404


def test_two_runs_stand_side_by_side(viewer):
    before, after = finished(time.time() - 900, baseline="main"), finished(time.time() - 300, slower=1.5)
    body = viewer.get(detail(after)).content.decode()
    assert f'<option value="{before.pk}">{before.pk}: main</option>' in body
    text = text_of(viewer.get(f"{detail(after)}/compare", {"with": before.pk}))
    assert "2 of 2 actions got worse." in text
    assert "42.0 ms → 63.0 ms" in text


@pytest.mark.parametrize("other", ["", "x", "0", "-3", "1/2"])
def test_a_comparison_needs_the_number_of_another_run(viewer, other):
    response = viewer.get(f"{detail(finished(time.time() - 300))}/compare", {"with": other})
    assert response.status_code == 400
    assert "with" in text_of(response)


def test_a_comparison_with_a_run_that_does_not_exist_is_not_found(viewer):
    run = finished(time.time() - 300)
    assert viewer.get(f"{detail(run)}/compare?with=4711").status_code == 404
    assert viewer.get(f"{LIST}/4711/compare?with={run.pk}").status_code == 404


@pytest.mark.parametrize("status", list(RunStatus))
def test_the_report_of_a_run_in_any_state_is_a_file(viewer, status):
    run = finished(time.time() - 300) if status == RunStatus.PASSED else new_run(status)
    response = viewer.get(f"{detail(run)}/report.html")
    assert response["Content-Disposition"] == f'attachment; filename="loadtest-{run.pk}.html"'
    assert b"<html" in response.content


@pytest.mark.parametrize("page", ["0", "-1", "x", "1001", "9" * 30])
def test_a_page_of_the_list_that_cannot_be_is_refused(viewer, page):
    response = viewer.get(LIST, {"page": page})
    assert response.status_code == 400
    assert "page" in text_of(response)


def test_nothing_in_the_pages_needs_inline_code_or_style(tester):
    run = finished(time.time() - 300)
    for path in (LIST, detail(run)):
        body = tester.get(path).content.decode()
        assert " style=" not in body
        assert "onclick" not in body


def test_the_pages_make_few_queries(tester, django_assert_max_num_queries):
    runs = [finished(time.time() - 300 * number, baseline=f"b{number}") for number in range(25)]
    for path in (LIST, detail(runs[0])):
        tester.get(path)
        with django_assert_max_num_queries(10):
            tester.get(path)
