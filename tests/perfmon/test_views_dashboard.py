"""The dashboard's pages through the client: who may see them, what stands in the first paint, what is refused."""

from __future__ import annotations

import json
import re
import time

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.shortcuts import resolve_url
from django.test import Client
from django.utils import timezone

from perfmon.alerts.models import Alert
from perfmon.plotly import plotly_style_ids, plotly_version
from perfmon.store import rollups
from tests.perfmon.panels.seeding import LIST, add_cache, add_queries, alive, busy, store

pytestmark = pytest.mark.django_db
PAGES = ["/dashboard", f"/dashboard/endpoint?key={LIST}"]
PAGES += [f"/dashboard/{name}" for name in ("hosts", "alerts", "data", "queries", "tasks", "outgoing", "loadtests")]


@pytest.fixture(autouse=True)
def memory(settings) -> None:
    """perfmon without Valkey, with nothing stored."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1", "RELEASE": "a1b2c3"}
    rollups._ids.clear()


@pytest.fixture
def staff(client: Client) -> Client:
    """A client logged in as staff."""
    client.force_login(User.objects.create_user("ops", is_staff=True))
    return client


def seed(durations_ms=(10,) * 9 + (500,), **kwargs) -> None:
    """Store a second that is over."""
    store({int(time.time()) - 2: busy(durations_ms, **kwargs)})


def text_of(response) -> str:
    """The page as a reader sees it: without tags, one space at a time."""
    body = re.sub(r"<(script|template).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).replace("\xa0", " ")


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_is_sent_to_the_login_and_back(client, page):
    response = client.get(page)
    assert response.status_code == 302
    assert response["Location"].startswith(f"{resolve_url(settings.LOGIN_URL)}?next=/dashboard")


@pytest.mark.parametrize("page", PAGES)
def test_an_account_that_is_not_staff_is_told_why_it_may_not_look(client, page):
    client.force_login(User.objects.create_user("reader"))
    response = client.get(page)
    assert response.status_code == 403
    assert "perfmon.view_dashboard" in text_of(response)


def test_the_permission_opens_the_dashboard_without_being_staff(client):
    user = User.objects.create_user("analyst")
    user.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
    client.force_login(user)
    assert client.get("/dashboard").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_never_kept_by_a_cache(staff, page):
    assert "no-store" in staff.get(page)["Cache-Control"]


def test_the_first_paint_has_the_real_figures(staff):
    seed()
    text = text_of(staff.get("/dashboard"))
    assert re.search(r"p50 1?[09]\.[0-9]+ ms", text)
    assert re.search(r"p95 (49[89]|50[0-4]) ms", text)
    assert "GET /articles/ 10 " in text
    assert "1 server" in text
    assert "Release a1b2c3" in text
    assert "perfmon: 2.90 µs a request, 0 dropped, buffer 0%" in text
    assert "≤ 1 s" in text


def test_the_first_paint_draws_its_charts_and_their_tables_without_scripts(staff):
    seed()
    body = staff.get("/dashboard").content.decode()
    for name in ("latency", "throughput", "errors", "resources"):
        assert f'data-chart="{name}"' in body
    assert re.search(r'class="line ink-p99" d="M\d', body)
    assert re.search(r'class="bar ink-status-2xx" d="M\d', body)
    section = body.split('data-panel="charts"')[1].split("</section>")[0]
    assert section.count("<details") == 4


def test_nothing_in_a_page_needs_inline_code_or_style(staff):
    seed()
    for page in PAGES:
        body = staff.get(page).content.decode()
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", body)
        assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", body))


def test_the_page_carries_the_payload_it_was_rendered_from(staff):
    seed()
    body = staff.get("/dashboard").content.decode()
    payload = json.loads(re.search(r'<script id="payload" type="application/json">(.*?)</script>', body, re.DOTALL)[1])
    assert payload["topic"] == "overview/5m"
    assert payload["panels"]["endpoints"]["rows"][0][0] == LIST
    assert f'data-topic="{payload["topic"]}"' in body


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_range_is_refused_with_those_that_exist(staff, page):
    response = staff.get(f"{page}{'&' if '?' in page else '?'}range=2y")
    assert response.status_code == 400
    assert "5m 1h 6h 24h 7d 30d 90d" in text_of(response)


@pytest.mark.parametrize("sort", ["size", "-", "--p95", "p95;drop"])
def test_an_unknown_column_is_refused_with_those_that_exist(staff, sort):
    response = staff.get("/dashboard", {"sort": sort})
    assert response.status_code == 400
    assert "requests -requests" in text_of(response)


@pytest.mark.parametrize("key", ["", "x" * 201, "GET /\x00"])
def test_an_endpoints_page_needs_an_endpoint(staff, key):
    response = staff.get("/dashboard/endpoint", {"key": key})
    assert response.status_code == 400
    assert "must name an endpoint" in text_of(response)


def test_every_range_can_be_shown(staff):
    seed()
    for name in ("5m", "1h", "6h", "24h", "7d", "30d", "90d"):
        response = staff.get("/dashboard", {"range": name})
        assert response.status_code == 200
        assert f'aria-current="true">{name}</a>' in response.content.decode()


def test_the_table_is_sorted_and_filtered_as_the_address_says(staff):
    windows = busy([10] * 3)
    windows.update(busy([90], key="GET /feeds/rss"))
    store({int(time.time()) - 2: windows})
    by_p95 = staff.get("/dashboard", {"sort": "-p95"}).content.decode()
    assert by_p95.index('data-key="GET /feeds/rss"') < by_p95.index('data-key="GET /articles/"')
    assert 'aria-sort="descending"><a href="?range=5m&amp;sort=p95"' in by_p95
    filtered = staff.get("/dashboard", {"q": "FEEDS", "sort": "p95"}).content.decode()
    assert 'data-key="GET /articles/"' not in filtered
    assert 'data-key="GET /feeds/rss"' in filtered
    assert "range=1h&amp;" not in filtered
    assert "sort=p95" in filtered.split('class="ranges"')[1].split("</nav>")[0]


def test_what_is_typed_into_the_address_is_escaped(staff):
    seed(key='GET /<img src=x onerror="a">/')
    body = staff.get("/dashboard", {"q": '"><script>'}).content.decode()
    assert "<img src=x" not in staff.get("/dashboard").content.decode()
    assert '"><script>' not in body


def test_an_empty_site_is_told_what_to_do_next(staff):
    store({int(time.time()) - 2: alive()})
    text = text_of(staff.get("/dashboard"))
    assert "No requests in the last 5 minutes." in text
    assert "Open the site" in text


def test_a_site_that_measured_nothing_is_told_to_start_the_collector(staff):
    assert "manage.py collect" in text_of(staff.get("/dashboard"))


@pytest.mark.parametrize("page", PAGES)
def test_without_its_store_a_page_still_answers_and_says_it_is_stale(staff, settings, page):
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}
    response = staff.get(page)
    assert response.status_code == 200
    assert "Stale since" in text_of(response)
    assert "can't be reached" in response.content.decode().replace("&#x27;", "'")


def test_the_endpoints_page_shows_its_figures(staff):
    seed()
    text = text_of(staff.get("/dashboard/endpoint", {"key": LIST}))
    assert "GET /articles/" in text
    assert "Time in the database 50.0%" in text
    assert "2xx 10 100%" in text


def test_the_hosts_page_shows_every_gauge_and_the_own_cost(staff):
    seed()
    text = text_of(staff.get("/dashboard/hosts"))
    assert "web1" in text
    assert "CPU 30.0%" in text
    assert "Time added to a request 2.90 µs" in text


def test_the_page_of_data_shows_caches_groups_and_databases(staff):
    windows = busy([10])
    add_cache(windows, "default", "articles", hits=3, misses=1)
    add_queries(windows, "default", 8)
    store({int(time.time()) - 2: windows})
    response = staff.get("/dashboard/data")
    text = text_of(response)
    assert re.search(r"default RedisCache|default LocMemCache", text)
    assert re.search(r"Hits 80\.0 %", text)  # with the read of the request itself
    assert "articles default 75.0% 4" in text
    assert "default SQLite needs no pool: a connection is an open file 100%" in text
    assert "No database has a pool, so nobody waits for a connection." in text
    assert 'data-chart="cache_hits"' in response.content.decode()


def test_the_page_of_data_of_a_quiet_site_says_why_it_is_empty(staff):
    store({int(time.time()) - 2: alive()})
    text = text_of(staff.get("/dashboard/data"))
    assert "No cache was used in the last 5 minutes." in text
    assert "not used in this range" in text
    assert "No key was read in this range." in text


def fire() -> Alert:
    """Store an alert that fires."""
    now = timezone.now()
    return Alert.objects.create(
        rule="high_error_rate", severity="critical", state="firing", pending_at=now, fired_at=now, evaluated_at=now,
        value=7, peak=7, limit=5, unit="%", window_s=60,
    )  # fmt: skip


def test_an_alert_is_acknowledged_by_a_plain_form(client):
    user = User.objects.create_user("ops", is_staff=True)
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)
    alert = fire()
    page = careful.get("/dashboard/alerts").content.decode()
    assert f'action="/dashboard/alerts/{alert.pk}/acknowledge"' in page
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    assert careful.post(f"/dashboard/alerts/{alert.pk}/acknowledge").status_code == 403
    response = careful.post(f"/dashboard/alerts/{alert.pk}/acknowledge", {"csrfmiddlewaretoken": token})
    assert (response.status_code, response["Location"]) == (302, "/dashboard/alerts")
    alert.refresh_from_db()
    assert alert.acknowledged_by == user
    assert "acknowledged by ops" in text_of(careful.get("/dashboard/alerts"))


def test_acknowledging_takes_a_post_and_an_alert_that_is_gone_is_no_error(staff):
    assert staff.get("/dashboard/alerts/1/acknowledge").status_code == 405
    assert staff.post("/dashboard/alerts/999/acknowledge").status_code == 302


def test_a_visitor_cannot_acknowledge(client):
    alert = fire()
    assert client.post(f"/dashboard/alerts/{alert.pk}/acknowledge").status_code == 302
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_the_chosen_theme_is_in_the_first_paint_and_no_other_text_is(staff):
    staff.cookies["perfmon_theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in staff.get("/dashboard").content.decode()
    staff.cookies["perfmon_theme"] = "'><script>"
    assert '<html lang="en">' in staff.get("/dashboard").content.decode()


def test_a_portuguese_reader_gets_portuguese_and_frames_in_it(staff):
    seed((1249,) * 3)
    response = staff.get("/dashboard", headers={"accept-language": "pt-br"})
    text = text_of(response)
    assert "Visão geral" in text
    assert "Taxa de erros" in text
    assert re.search(r"p50 1,2\d s", text)
    assert 'data-topic="pt-br:overview/5m"' in response.content.decode()


@pytest.mark.parametrize(
    ("page", "limit"), [(PAGES[0], 9), (PAGES[1], 5), (PAGES[2], 4), (PAGES[3], 7), (PAGES[4], 5), (PAGES[5], 5)]
)
def test_a_page_makes_few_queries(staff, page, limit, django_assert_max_num_queries):
    seed()
    staff.get(page)
    with django_assert_max_num_queries(limit):
        staff.get(page)


def test_plotly_is_served_compressed_and_for_good(client):
    response = client.get(f"/dashboard/plotly-{plotly_version()}.js", headers={"accept-encoding": "gzip, br"})
    assert response["Content-Encoding"] == "gzip"
    assert "immutable" in response["Cache-Control"]
    assert len(response.content) < 1_600_000
    again = client.get(response.request["PATH_INFO"], headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_plotly_of_another_version_is_not_found(client):
    assert client.get("/dashboard/plotly-1.0.0.js").status_code == 404


def test_plotly_is_served_plain_to_who_cannot_unpack_it(client):
    response = client.get(f"/dashboard/plotly-{plotly_version()}.js")
    assert "Content-Encoding" not in response
    assert b"plotly.js" in response.content[:200]


def test_the_page_keeps_plotly_from_adding_style_sheets(staff):
    body = staff.get("/dashboard").content.decode()
    assert 'id="plotly.js-style-global" class="no-inline-styles"' in body
    assert all(f'<meta id="{style_id}"' in body for style_id in plotly_style_ids())
