"""The dashboard in a real browser, over the real path: request, recorder, collector, websocket, page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client

from perfmon.ingest import ingest
from perfmon.recorders import install_recorders
from perfmon.store import rollups
from tests.fixtures.browser import visiting
from tests.perfmon.panels.seeding import LIST, busy, store
from tests.waiting import READY_S

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.site import Site

PAGES = [
    "/dashboard",
    f"/dashboard/endpoint?key={LIST}",
    "/dashboard/data",
    "/dashboard/queries",
    "/dashboard/tasks",
    "/dashboard/outgoing",
    "/dashboard/hosts",
    "/dashboard/alerts",
    "/dashboard?range=1h",
]


@pytest.fixture(autouse=True)
def memory(settings) -> None:
    """perfmon in this process, with nothing counted: the site's threads, the collector and the test share one store."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1"}
    rollups._ids.clear()
    ingest.stop()
    ingest.clear()
    install_recorders()


@pytest.fixture
def visit(site: Site, page: Page) -> Iterator[Any]:
    """Open a page of the dashboard as staff; afterwards nothing may have been logged or refused by the policy."""
    staff = User.objects.create_user("ops", is_staff=True)
    with visiting(page, site.url, staff, expected="ERR_INTERNET_DISCONNECTED") as open_page:
        yield open_page


def seed(seconds: int = 120) -> None:
    """Store the last two minutes of one endpoint."""
    now = int(time.time())
    store({now - at: busy([20, 30, 400 if at % 7 == 0 else 40]) for at in range(2, seconds)})


def state(page: Page) -> Any:
    """The status line's word."""
    return page.locator("[data-state-word]")


def test_a_request_made_by_hand_shows_up_live(visit, site, collector):
    from playwright.sync_api import expect

    page = visit("/dashboard")
    expect(state(page)).to_have_text("Live")
    row = page.locator('tr.endpoint[data-key="GET /health/live"]')
    expect(row).to_have_count(0)
    assert httpx.get(f"{site.url}/admin/login/").status_code == 200
    expect(page.locator('tr.endpoint[data-key="GET /admin/login/"]')).to_have_count(1)


def test_a_read_of_a_cache_shows_up_live(visit, site, collector):
    from playwright.sync_api import expect

    page = visit("/dashboard/data")
    expect(state(page)).to_have_text("Live")
    group = page.locator('tr[data-key="default/shop"]')
    expect(group).to_have_count(0)
    caches["default"].get("shop:1")
    caches["default"].set("shop:1", 1)
    caches["default"].get("shop:1")
    expect(group.locator(".cell-share")).to_have_text("50.0%")
    expect(page.locator('.strip[data-key="default"] .figure[data-key="hits"] [data-bind="text"]')).not_to_have_text("–")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_scrolls_sideways_and_nothing_is_refused(visit, path, width):
    from playwright.sync_api import expect

    seed()
    page = visit("/health/live")
    page.set_viewport_size({"width": width, "height": 900})
    page = visit(path)
    charts = page.locator("[data-chart]")
    if charts.count():
        expect(page.locator("[data-chart][data-live] .main-svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_without_scripts_the_page_shows_its_figures_and_charts(site, browser):
    client = Client()
    client.force_login(User.objects.create_user("ops", is_staff=True))
    seed()
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/dashboard")
    assert page.locator("[data-panel=charts] .drawn").first.is_visible()
    assert page.locator('tr.endpoint[data-key="GET /articles/"]').is_visible()
    assert page.locator("[data-state-word]").inner_text() == "As of"
    context.close()


def test_the_browser_shows_what_the_server_rendered(visit, site):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    expect(page.locator("[data-chart][data-live]")).to_have_count(4)
    rows = page.locator("tr.endpoint td.cell-requests")
    expect(rows.first).to_have_text(str(3 * 118))
    # One answer of the server, read apart from the page, so that no frame comes between the two drawings.
    drawn, redrawn = page.evaluate(
        """async () => {
          const { update } = await import("/static/perfmon/bind.js");
          const answer = await fetch(location.href);
          const other = new DOMParser().parseFromString(await answer.text(), "text/html");
          const payload = JSON.parse(other.getElementById("payload").textContent);
          const spark = other.querySelector("[data-key=p95] [data-spark]");
          const drawn = spark.getAttribute("d");
          spark.setAttribute("d", "");
          update(other.querySelector("[data-panel=figures]"), payload.panels.figures);
          return [drawn, spark.getAttribute("d")];
        }"""
    )
    assert drawn
    assert redrawn == drawn


def test_the_table_sorts_and_filters_at_once_and_keeps_it_in_the_address(visit):
    from playwright.sync_api import expect

    windows = busy([10] * 5)
    windows.update(busy([90] * 2, key="GET /feeds/rss"))
    store({int(time.time()) - 2: windows})
    page = visit("/dashboard")
    rows = page.locator("tr.endpoint")
    expect(rows.first).to_have_attribute("data-key", "GET /articles/")
    page.get_by_role("link", name="p95").click()
    expect(rows.first).to_have_attribute("data-key", "GET /feeds/rss")
    expect(page).to_have_url(re.compile("sort=-p95"))
    page.keyboard.press("/")
    page.keyboard.type("articles")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q=articles"))
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.locator('th[data-column="p95"]')).to_have_attribute("aria-sort", "descending")


def test_the_keys_do_what_the_help_says(visit):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("t")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile("range=1h"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_crosshair_moves_with_the_arrow_keys_over_all_charts(visit):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    expect(page.locator("[data-chart][data-live]")).to_have_count(4)
    page.locator('[data-chart="latency"] [data-plot]').focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-panel=charts] [data-readout]")).to_contain_text("UTC")
    expect(page.locator("[data-crosshair]:visible")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.locator("[data-crosshair]:visible")).to_have_count(0)


def test_zooming_one_chart_zooms_all_and_is_in_the_address(visit):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    expect(page.locator("[data-chart][data-live]")).to_have_count(4)
    page.locator('[data-chart="latency"]').scroll_into_view_if_needed()
    box = page.locator('[data-chart="latency"] .nsewdrag').bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 65, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"#zoom=\d+-\d+"))
    drawings = "[...document.querySelectorAll('[data-panel=charts] [data-drawing]')]"
    ranges = f"{drawings}.map((plot) => plot.layout.xaxis.range.map(Math.round).join())"
    assert len(set(page.evaluate(ranges))) == 1
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("#zoom"))


def test_latency_can_be_read_on_a_log_scale(visit):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    expect(page.locator("[data-chart][data-live]")).to_have_count(4)
    page.get_by_role("button", name="Log scale").click()
    expect(page.locator('[data-chart="latency"] .yaxislayer-above')).to_contain_text("10 ms")


def test_a_chart_is_drawn_again_in_place(visit, collector):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    expect(page.locator("[data-chart][data-live]")).to_have_count(4)
    page.evaluate("document.querySelector('[data-chart=latency] .main-svg').dataset.kept = 'yes'")
    first = page.evaluate("document.querySelector('[data-panel=charts] [data-drawing]').data[0].x[0]")
    expect(state(page)).to_have_text("Live")
    deadline = time.monotonic() + READY_S
    while page.evaluate("document.querySelector('[data-panel=charts] [data-drawing]').data[0].x[0]") == first:
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('[data-chart=latency] .main-svg').dataset.kept") == "yes"


def test_a_collector_that_stops_makes_the_page_stale(visit):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    expect(state(page)).to_have_text("Stale since")
    expect(page.locator("[data-state-since]")).not_to_be_empty()


def test_without_a_network_the_page_says_so(visit, page):
    from playwright.sync_api import expect

    seed()
    page = visit("/dashboard")
    expect(state(page)).to_have_text(re.compile("Live|Stale since"))
    page.context.set_offline(True)
    expect(state(page)).to_contain_text("Offline")
    page.context.set_offline(False)
    expect(state(page)).not_to_contain_text("Offline")


def test_times_are_the_readers_own_with_utc_on_hover(visit):
    page = visit("/dashboard/alerts")
    shown = page.evaluate(
        """async () => {
          const { setMoment } = await import("/static/perfmon/times.js");
          const place = document.createElement("p");
          setMoment(place, "2027-01-15T08:00:00Z");
          return [place.textContent, place.querySelector("time").title];
        }"""
    )
    assert shown[1] == "2027-01-15 08:00:00 UTC"
    assert "Jan" in shown[0]


@pytest.fixture
def on_mortal_valkey(settings, mortal_valkey) -> Any:
    """perfmon on a Valkey that the test may kill."""
    settings.PERFMON = {"VALKEY_URL": mortal_valkey.url, "HOST_NAME": "web1"}
    return mortal_valkey


def test_without_valkey_the_page_is_stale_and_recovers_by_itself(on_mortal_valkey, visit, site, collector):
    from playwright.sync_api import expect

    assert httpx.get(f"{site.url}/admin/login/").status_code == 200
    page = visit("/dashboard")
    expect(page.locator('tr.endpoint[data-key="GET /admin/login/"]')).to_have_count(1)
    expect(state(page)).to_have_text("Live")
    on_mortal_valkey.kill()
    expect(state(page)).to_have_text("Stale since")
    assert httpx.get(f"{site.url}/admin/login/").status_code == 200
    on_mortal_valkey.start()
    expect(state(page)).to_have_text("Live", timeout=20_000)
