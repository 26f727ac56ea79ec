"""Load tests in a real browser: started, watched and stopped there, with the real generator against the real site."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from perfmon.conf import RECORDERS
from perfmon.ingest import ingest
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.recorders import install_recorders, uninstall_recorders
from perfmon.store import rollups
from tests.fixtures.browser import visiting
from tests.perfmon.panels.loadruns import add_load, finished, new_run, running
from tests.perfmon.panels.seeding import busy, store

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.site import Site

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def in_memory(settings) -> None:
    """perfmon in this process, with nothing counted."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1"}
    _begin()


@pytest.fixture
def without_own_readings(settings) -> Iterator[None]:
    """perfmon in this process, with nothing counted, and no readings of this machine among those of a test."""
    others = [path for path in RECORDERS if not path.endswith(".HostRecorder")]
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1", "RECORDERS": others}
    uninstall_recorders()
    _begin()
    yield
    uninstall_recorders()


@pytest.fixture
def over_valkey(settings, valkey_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """perfmon on a Valkey, and an environment in which a child has this test's database, Valkey and key."""
    settings.PERFMON = {"VALKEY_URL": valkey_url, "HOST_NAME": "web1"}
    name = connections["default"].settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{name}")
    monkeypatch.setenv("REDIS_URL", valkey_url)
    monkeypatch.setenv("SECRET_KEY", django_settings.SECRET_KEY)
    monkeypatch.setenv("OMNI_VAR_DIR", str(tmp_path))
    _begin()


def _begin() -> None:
    rollups._ids.clear()
    ingest.stop()
    ingest.clear()
    install_recorders()


@pytest.fixture
def visit(site: Site, page: Page) -> Iterator[Any]:
    """Open a page as somebody who may run load tests; afterwards nothing may have been logged or refused."""
    with visiting(page, site.url, User.objects.create_superuser("root")) as open_page:
        yield open_page


def test_a_load_test_is_started_watched_and_stopped_in_the_browser(over_valkey, settings, site, collector, visit):
    from playwright.sync_api import expect

    settings.PERFMON = {**settings.PERFMON, "LOADTEST_HOST": site.url}
    page = visit("/dashboard/loadtests")
    page.get_by_label("smoke").check()
    page.get_by_label("Duration in seconds").fill("120")
    expect(page.locator("[data-estimate]")).to_contain_text("2 min")
    page.get_by_role("button", name="Start the load test").click()

    word = page.locator("[data-panel=load_test] [data-bind='progress.word']")
    expect(word).to_have_text("Running", timeout=60_000)
    everything = page.locator("[data-panel=load_actions] tr[data-all]")
    expect(everything.locator("[data-bind=client]")).to_have_text(re.compile("[1-9]"), timeout=90_000)
    expect(everything.locator("[data-bind=server]")).to_have_text(re.compile("[1-9]"))
    for chart in ("load_latency", "load_rate", "load_users"):
        expect(page.locator(f"[data-chart={chart}] [data-chip='0']")).to_have_text(re.compile("[1-9]"))
    detail = page.url

    page.goto(f"{site.url}/dashboard")
    overlay = page.locator("[data-panel=load_overlay]")
    expect(overlay.get_by_role("link", name=re.compile("Load test"))).to_have_attribute("href", re.compile(r"/\d+$"))
    page.goto(detail)
    page.locator("details.sure:visible summary", has_text="Stop").click()
    page.get_by_role("button", name="Stop the load test").click()
    expect(page.locator("[data-panel=load_test] .verdict-head")).to_contain_text("Stopped", timeout=60_000)
    run = LoadRun.objects.get()
    assert (run.status, run.created_by.username) == (RunStatus.STOPPED, "root")
    assert run.summary["counts"]["client"] > 0
    assert run.summary["counts"]["agree"]
    expect(page.locator("[data-panel=load_test] .notes")).to_contain_text("stopped before its end")


def test_the_overview_shows_a_run_from_its_beginning_to_its_end_without_a_reload(
    without_own_readings, collector, visit
):
    from playwright.sync_api import expect

    page = visit("/dashboard")
    overlay = page.locator("[data-panel=load_overlay]")
    expect(page.locator("[data-state-word]")).to_have_text("Live")
    expect(overlay).to_be_hidden()
    now = int(time.time())
    run = running(now - 20)
    seconds = {at: busy([]) for at in range(now - 20, now)}
    for at, windows in seconds.items():
        add_load(windows, run.pk)
        if at >= now - 3:  # hosts are read every few seconds
            for key in [key for key in windows if key.kind == "host"]:
                del windows[key]
    store(seconds)
    expect(overlay).to_be_visible()
    for at, shown in enumerate(("30%", "25%")):
        expect(overlay.locator(f"[data-chart=load_cpu] [data-chip='{at}']")).to_have_text(shown)
    expect(overlay.locator("[data-chart][data-live]")).to_have_count(4)
    expect(overlay.locator("[data-chart=load_latency] .main-svg").first).to_be_visible()
    LoadRun.objects.filter(pk=run.pk).update(status=RunStatus.PASSED, ended_at="2026-11-28T08:00:00Z")
    expect(overlay).to_be_hidden()


def test_names_of_two_runs_that_would_cover_each_other_are_told_once(in_memory, collector, visit):
    from playwright.sync_api import expect

    now = time.time()
    finished(now - 97, seconds=20, profile="spike")
    finished(now - 20, seconds=10, profile="smoke")
    store({at: busy([]) for at in range(int(now) - 20, int(now))})
    page = visit("/dashboard?range=5m")
    page.set_viewport_size({"width": 1440, "height": 900})
    told = page.locator("[data-chart=latency]").locator(".annotation-text", has_text=re.compile("▬"))
    expect(told).to_have_count(2)
    assert sorted(len(text) > 1 for text in told.all_text_contents()) == [False, True]


def test_a_run_that_ends_turns_its_page_into_the_verdict(in_memory, collector, visit):
    from playwright.sync_api import expect

    run = running(time.time() - 20)
    done = finished(time.time() - 20)
    page = visit(f"/dashboard/loadtests/{run.pk}")
    expect(page.get_by_role("link", name="Download the report")).to_be_hidden()
    kept = {name: getattr(done, name) for name in ("status", "summary", "series", "verdicts", "ended_at")}
    LoadRun.objects.filter(pk=run.pk).update(**kept)
    expect(page.locator(".verdict-head")).to_contain_text("Passed")
    expect(page.locator(".verdict-line")).to_have_count(1)
    expect(page.get_by_role("link", name="Download the report")).to_be_visible()


def test_one_crosshair_reads_all_charts_of_a_run(in_memory, visit):
    from playwright.sync_api import expect

    page = visit(f"/dashboard/loadtests/{finished(time.time() - 300).pk}")
    expect(page.locator("[data-chart][data-live]")).to_have_count(5)
    page.locator("[data-chart=load_latency] [data-plot]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-crosshair]:visible")).to_have_count(5)
    expect(page.locator("[data-readout]")).to_contain_text("UTC")


def test_a_load_test_is_a_band_in_the_charts_of_the_overview(in_memory, visit):
    from playwright.sync_api import expect

    finished(time.time() - 120)
    store({int(time.time()) - at: busy([20]) for at in range(2, 200)})
    page = visit("/dashboard")
    expect(page.locator("[data-panel=charts] [data-chart][data-live]")).to_have_count(4)
    shapes = "document.querySelector('[data-panel=charts] [data-drawing]').layout.shapes.map(({type}) => type)"
    assert "rect" in page.evaluate(shapes)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("state", ["none", "waiting", "running", "finished", "compared"])
def test_nothing_scrolls_sideways(in_memory, visit, width, state):
    first = finished(time.time() - 900, failed=2, baseline="a-baseline-of-a-longer-name")
    paths = {
        "none": lambda: "/dashboard/loadtests",
        "waiting": lambda: f"/dashboard/loadtests/{new_run().pk}",
        "running": lambda: f"/dashboard/loadtests/{running(time.time() - 20).pk}",
        "finished": lambda: f"/dashboard/loadtests/{first.pk}",
        "compared": lambda: f"/dashboard/loadtests/{finished(time.time() - 300, slower=3).pk}/compare?with={first.pk}",
    }
    if state == "none":
        LoadRun.objects.all().delete()
    page = visit("/health/live")
    page.set_viewport_size({"width": width, "height": 900})
    page = visit(paths[state]())
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("width", [390, 1440])
def test_the_question_before_removing_stays_on_the_page(in_memory, visit, width):
    page = visit("/health/live")
    page.set_viewport_size({"width": width, "height": 900})
    page = visit(f"/dashboard/loadtests/{finished(time.time() - 300).pk}")
    page.locator(".buttons details.sure summary").click()
    box = page.get_by_text("deleted for good").bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    page.get_by_role("button", name="Remove the load test").click()
    page.wait_for_url("**/dashboard/loadtests")
    assert not LoadRun.objects.exists()


def test_without_scripts_a_run_can_be_started_and_read(in_memory, site, browser):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/dashboard/loadtests")
    page.get_by_role("button", name="Start the load test").click()
    page.wait_for_url(re.compile(r"/loadtests/\d+$"))
    assert page.locator(".progress-head").is_visible()
    context.close()
    assert LoadRun.objects.get().status == RunStatus.QUEUED
