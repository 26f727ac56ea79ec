"""Requests as they are recorded: the route's template, every way to end, sync and async."""

from __future__ import annotations

import itertools
import os
import threading
import time
from contextvars import copy_context
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import AsyncClient, Client, RequestFactory, override_settings

from perfmon.ingest import uncounted
from perfmon.middleware import PerfmonMiddleware
from perfmon.recorders.durations import FOLD_AT
from perfmon.recorders.request_slots import route_label
from perfmon.recorders.requests import MAX_UNCOUNTED, begin, count_request, finish, is_measured
from perfmon.series import SeriesKey, Window
from tests.perfmon.recorders.collected import recorded
from tests.perfmon.urls_measured import streamed

pytestmark = [pytest.mark.usefixtures("recording"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def measured_urls(settings):
    """A project of measured views behind nothing but our middleware."""
    settings.ROOT_URLCONF = "tests.perfmon.urls_measured"
    settings.MIDDLEWARE = ["perfmon.middleware.PerfmonMiddleware"]
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]  # no error pages of the site


def test_a_request_is_recorded_under_its_route_template():
    for slug in ("a", "b", "c"):
        Client().get(f"/plain/{slug}/")

    window = recorded()[SeriesKey("request", "GET /plain/<slug>/")]
    assert (window.count, window.errors) == (3, 0)
    assert window.histogram.count == 3
    assert 0 < window.max <= window.sum


def test_paths_no_route_serves_share_one_series():
    for number in range(50):
        Client().get(f"/attack-{number}.php")

    windows = recorded()
    assert windows[SeriesKey("request", "GET (unmatched)")].count == 50
    assert windows[SeriesKey("response", "GET (unmatched) 4xx")].count == 50
    assert len([key for kind, key in windows if kind == "request"]) == 2  # it and the total


def test_an_unknown_method_is_not_a_series_of_its_own():
    for method in ("BREW", "WHEN", "PROPFIND"):
        Client().generic(method, "/plain/a/")

    assert recorded()[SeriesKey("request", "OTHER /plain/<slug>/")].count == 3


@pytest.mark.parametrize(
    ("status", "status_class", "errors"), [(204, "2xx", 0), (301, "3xx", 0), (404, "4xx", 0), (503, "5xx", 1)]
)
def test_only_server_errors_are_errors(status, status_class, errors):
    Client().get(f"/plain/a/?status={status}")

    windows = recorded()
    assert windows[SeriesKey("request", "GET /plain/<slug>/")].errors == errors
    assert windows[SeriesKey("response", f"* {status_class}")] == Window(1)


def test_a_view_that_raises_is_an_error_of_its_route():
    Client(raise_request_exception=False).get("/broken/")

    window = recorded()[SeriesKey("request", "GET /broken/")]
    assert (window.count, window.errors) == (1, 1)


def test_queries_and_cache_reads_are_counted_for_their_request_and_their_alias():
    Client().get("/busy/")

    windows = recorded()
    assert windows[SeriesKey("request_db", "GET /busy/")].count == 3
    assert windows[SeriesKey("query", "default")].count == 3
    cache = windows[SeriesKey("request_cache", "GET /busy/")]
    assert (cache.count, cache.errors) == (2, 1)
    assert windows[SeriesKey("cache", "default")].errors == 1
    assert windows[SeriesKey("request_db", "GET /busy/")].sum < windows[SeriesKey("request", "GET /busy/")].sum


def test_a_request_with_thousands_of_queries_keeps_none_of_them_and_counts_all():
    Client().get("/busy/?queries=3000")

    windows = recorded()
    assert windows[SeriesKey("request_db", "GET /busy/")].count == 3000
    assert windows[SeriesKey("query", "default")].histogram.count == 3000


def test_many_requests_with_queries_are_counted_though_they_wait_for_the_flush():
    for _ in range(FOLD_AT + 10):
        Client().get("/busy/?queries=2")

    windows = recorded()
    assert windows[SeriesKey("request", "GET /busy/")].count == FOLD_AT + 10
    database = windows[SeriesKey("request_db", "GET /busy/")]
    assert database.count == windows[SeriesKey("query", "default")].count == 2 * (FOLD_AT + 10)
    assert database.sum == windows[SeriesKey("query", "default")].sum
    assert database.max < database.sum


def test_queries_of_what_a_request_left_behind_are_not_counted_as_its_own(settings):
    contexts = []
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.leaving_work_behind"]
    with patch.object(leaving_work_behind, "contexts", contexts, create=True):
        Client().get("/busy/")
    recorded_at_once = recorded()
    contexts[0].run(lambda: connection.cursor().execute("SELECT 1"))

    assert recorded_at_once[SeriesKey("request_db", "GET /busy/")].count == 3
    assert recorded()[SeriesKey("query", "default")].count == 1


def leaving_work_behind(get_response):
    """A middleware that keeps the request's context, as a task does that outlives it."""

    def middleware(request):
        leaving_work_behind.contexts.append(copy_context())
        return get_response(request)

    return middleware


def test_a_query_that_fails_is_counted_as_failed():
    Client(raise_request_exception=False).get("/busy/?sql=SELECT nonsense")

    windows = recorded()
    assert windows[SeriesKey("request_db", "GET /busy/")].errors == 1
    assert windows[SeriesKey("query", "default")].errors == 1


def test_a_query_that_fails_among_others_is_counted_with_them():
    Client().get("/mended/")

    windows = recorded()
    database, alias = windows[SeriesKey("request_db", "GET /mended/")], windows[SeriesKey("query", "default")]
    assert (database.count, database.errors) == (alias.count, alias.errors) == (3, 1)
    assert database.sum == alias.sum


def test_a_streamed_answer_is_timed_to_its_last_byte():
    response = Client().get("/streamed/")
    assert SeriesKey("request", "GET /streamed/") not in recorded()
    body = response.getvalue()

    windows = recorded()
    assert body == b"onetwo"
    assert windows[SeriesKey("request", "GET /streamed/")].count == 1
    assert windows[SeriesKey("request_db", "GET /streamed/")].count == 1


def test_what_a_stream_does_is_counted_while_it_lasts():
    stream = Client().get("/streamed/?reading").streaming_content
    assert next(stream) == b"one"
    assert recorded()[SeriesKey("cache", "default")].count == 1
    assert [next(stream), next(stream)] == [b"two", b"three"]
    assert recorded()[SeriesKey("query", "default")].count == 1
    assert list(stream) == []

    windows = recorded()
    assert windows[SeriesKey("request_db", "GET /streamed/")].count == 1
    assert windows[SeriesKey("request_cache", "GET /streamed/")].count == 1
    assert not {"cache", "query"} & {kind for kind, _ in windows}


def test_a_stream_that_is_asked_again_after_its_end_counts_nothing_twice():
    stream = PerfmonMiddleware(streamed)(RequestFactory().get("/streamed/?last")).streaming_content
    assert [list(stream), list(stream)] == [[b"one", b"two"], []]

    windows = recorded()
    assert windows[SeriesKey("cache", "default")].count == windows[SeriesKey("query", "default")].count == 1


def test_a_stream_that_fails_half_way_is_an_error():
    response = Client().get("/streamed/?fail")
    with pytest.raises(RuntimeError, match="broken"):
        response.getvalue()

    assert recorded()[SeriesKey("request", "GET /streamed/")].errors == 1


def test_a_client_that_leaves_a_stream_is_no_server_error():
    response = Client().get("/streamed/")
    next(iter(response.streaming_content))
    response.close()

    assert recorded()[SeriesKey("response", "GET /streamed/ 4xx")].count == 1


def test_a_stream_nobody_reads_is_recorded_when_it_is_closed():
    Client().get("/streamed/").close()

    assert recorded()[SeriesKey("response", "GET /streamed/ 4xx")].count == 1


async def test_async_views_are_recorded_by_the_async_middleware():
    await AsyncClient().get("/async/")

    assert recorded()[SeriesKey("request", "GET /async/")].count == 1


async def test_an_async_stream_is_timed_to_its_last_byte():
    response = await AsyncClient().get("/async/streamed/")
    body = b"".join([chunk async for chunk in response.streaming_content])

    assert body == b"onetwo"
    assert recorded()[SeriesKey("request", "GET /async/streamed/")].count == 1


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_the_wait_before_django_is_read_from_the_proxys_header_in_any_unit(unit, factor):
    queued_at = (time.time() - 0.25) * factor
    Client().get("/plain/a/", headers={"X-Request-Start": f"t={queued_at:.6f}"})

    window = recorded()[SeriesKey("queue", "http")]
    assert window.count == 1
    assert 0.2e9 < window.sum < 5e9


@pytest.mark.parametrize("header", ["", "soon", "t=", "t=-5", "nan", "inf", "1e400", "5"])
def test_a_nonsense_header_is_no_wait(header):
    response = Client().get("/plain/a/", headers={"X-Request-Start": header})

    assert response.status_code == 200
    assert SeriesKey("queue", "http") not in recorded()


def test_perfmons_own_pages_and_static_files_leave_no_trace(settings):
    settings.ROOT_URLCONF = "omniwriter.urls"
    settings.MIDDLEWARE = [
        "perfmon.middleware.PerfmonMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    from perfmon.recorders.requests import ignored_prefixes

    ignored_prefixes.cache_clear()
    Client().get("/dashboard")
    Client().get("/health/live")
    Client().get(f"{settings.STATIC_URL}missing.css")

    windows = recorded()
    assert not any(kind in {"request", "query", "cache"} for kind, _ in windows)
    ignored_prefixes.cache_clear()


def test_nothing_is_recorded_when_perfmon_is_off(settings):
    settings.PERFMON = {**settings.PERFMON, "ENABLED": False}
    with override_settings():
        Client().get("/plain/a/")

    assert not any(kind == "request" for kind, _ in recorded())


def test_a_recorder_that_fails_does_not_fail_the_request(monkeypatch):
    def fail(shard, key):
        raise ZeroDivisionError

    monkeypatch.setattr("perfmon.recorders.request_slots._new_slot", fail)
    response = Client().get("/plain/a/")
    assert not recorded()
    monkeypatch.undo()
    Client().get("/plain/a/")

    assert response.status_code == 200
    windows = recorded()
    assert windows[SeriesKey("self", "failed/request")].count == 1
    assert windows[SeriesKey("request", "GET /plain/<slug>/")].count == 1


def test_its_own_cost_is_sampled():
    for _ in range(64):
        Client().get("/plain/a/")

    own = recorded()[SeriesKey("self", "record")]
    assert 1 <= own.count <= 8
    assert own.sum > 0


def test_its_own_cost_is_that_of_the_recording_and_not_only_of_the_clock(monkeypatch):
    clock_ns = itertools.count(1)
    monkeypatch.setattr("perfmon.recorders.requests.thread_time_ns", lambda: next(clock_ns))

    class SlowMatch:
        @property
        def route(self):
            for _ in range(1_000):
                next(clock_ns)
            return "plain/"

    request = RequestFactory().get("/plain/a/")
    request.resolver_match = SlowMatch()
    finish(request, 200, begin(request.META, is_muted=False))

    assert recorded()[SeriesKey("self", "record")].sum >= 1_000


@pytest.mark.parametrize(
    ("route", "label"),
    [
        ("", "/"),
        ("articles/<slug:slug>/", "/articles/<slug>/"),
        ("articles/<pk>", "/articles/<pk>"),
        (r"^regex/(?P<year>[0-9]{4})/$", "/regex/<year>/"),
        (r"^files/(?P<path>(?:a|b)+)\.json\Z", "/files/<path>.json"),
        (None, "(unmatched)"),
        ("x" * 500, "/" + "x" * 199),
    ],
)
def test_route_templates_read_as_people_write_them(route, label):
    assert route_label(route) == label


def test_a_request_answered_in_front_of_django_counts_with_those_of_its_route():
    Client().get("/plain/a/")
    for status in (200, 304):
        count_request("GET", "plain/<slug:slug>/", status, 5_000)

    windows = recorded()
    assert windows[SeriesKey("request", "GET /plain/<slug>/")].count == 3
    assert windows[SeriesKey("response", "GET /plain/<slug>/ 2xx")].count == 2
    assert windows[SeriesKey("response", "GET /plain/<slug>/ 3xx")].count == 1


def test_what_is_left_out_is_not_measured_in_front_of_django_either(settings):
    settings.PERFMON = {**settings.PERFMON, "IGNORE_PATHS": ["/plain/"]}

    assert [is_measured(path) for path in ("/plain/a/", "/static/a.css", "/busy/")] == [False, False, True]


def test_requests_that_the_flush_does_not_keep_up_with_are_counted_and_not_kept():
    held = []
    for _ in range(MAX_UNCOUNTED + 100):
        Client().get("/busy/?queries=1")
        held.append(len(uncounted))

    assert max(held) <= MAX_UNCOUNTED + 1
    windows = recorded()
    assert windows[SeriesKey("request", "GET /busy/")].count == MAX_UNCOUNTED + 100
    assert windows[SeriesKey("query", "default")].count == MAX_UNCOUNTED + 100


def test_every_request_is_counted_once_while_threads_serve_and_another_flushes():
    requests, servers = 6_000, 4

    def serve() -> None:
        for _ in range(requests):
            count_request("GET", "plain/<slug:slug>/", 200, 5_000)

    threads = [threading.Thread(target=serve) for _ in range(servers)]
    for thread in threads:
        thread.start()
    total = 0
    while any(thread.is_alive() for thread in threads):
        total += counted("GET /plain/<slug>/")
    total += counted("GET /plain/<slug>/") + counted("GET /plain/<slug>/")

    assert total == requests * servers


def counted(label: str) -> int:
    window = recorded().get(SeriesKey("request", label))
    return window.count if window else 0


def test_a_forked_child_does_not_count_its_parents_requests():
    Client().get("/plain/a/")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        Client().get("/plain/a/")
        os.write(writer, str(counted("GET /plain/<slug>/")).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reader, 100) == b"1"
    assert counted("GET /plain/<slug>/") == 1
