"""A load test's requests: counted for their run and for their route, sync and async, and told what was counted."""

from __future__ import annotations

import time

import pytest
from django.test import AsyncClient, Client

from perfmon.ingest import ingest
from perfmon.loadtest.marks import mark_of
from perfmon.loadtest.plans import MARK_HEADER
from perfmon.recorders.loads import load_key, record_load, timing_text
from perfmon.series import SeriesKey
from tests.perfmon.recorders.collected import recorded

pytestmark = [pytest.mark.usefixtures("recording"), pytest.mark.django_db]

MARKED = {MARK_HEADER: f"{mark_of(12)}.3"}
SERVER, QUEUE = SeriesKey("load_server", "12/3"), SeriesKey("load_queue", "12/3")


@pytest.fixture(autouse=True)
def measured_urls(settings):
    """A project of measured views behind nothing but our middleware."""
    settings.ROOT_URLCONF = "tests.perfmon.urls_measured"
    settings.MIDDLEWARE = ["perfmon.middleware.PerfmonMiddleware"]
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]


def told_ns(answer) -> list[int]:
    """Return the durations in an answer's Server-Timing."""
    parts = answer.headers["Server-Timing"].split(", ")
    return [int(part.partition(";dur=")[2].replace(".", "")) for part in parts]


def counts_by_action() -> dict[str, int]:
    """Return what was counted of each run and action, without the totals of runs."""
    windows = recorded().items()
    return {key.key: window.count for key, window in windows if key.kind == "load_server" and key.key[-2:] != "/*"}


def test_a_marked_request_counts_for_its_run_and_for_its_route():
    answers = [Client().get(f"/plain/a/?status={status}", headers=MARKED) for status in (200, 404, 503)]

    windows = recorded()
    window = windows[SERVER]
    assert (window.count, window.errors, window.histogram.count) == (3, 1, 3)
    assert [window.sum] == [sum(told_ns(answer)[0] for answer in answers)]
    assert windows[SeriesKey("request", "GET /plain/<slug>/")].count == 3
    assert QUEUE not in windows


def test_the_wait_that_is_told_is_the_wait_that_is_counted():
    queued_at = f"t={time.time() - 0.25:.6f}"
    answer = Client().get("/plain/a/", headers={**MARKED, "X-Request-Start": queued_at})

    windows = recorded()
    app_ns, queue_ns = told_ns(answer)
    assert (windows[SERVER].sum, windows[QUEUE].sum, windows[QUEUE].count) == (app_ns, queue_ns, 1)
    assert windows[SeriesKey("queue", "http")].sum == queue_ns


def test_others_are_told_nothing_unless_the_settings_say_so(settings):
    assert not Client().get("/plain/a/").has_header("Server-Timing")

    settings.PERFMON = {**settings.PERFMON, "SERVER_TIMING": True}
    queued_at = f"t={time.time() - 0.25:.6f}"
    assert len(told_ns(Client().get("/plain/a/", headers={"X-Request-Start": queued_at}))) == 1
    assert not [key for key in recorded() if key.kind.startswith("load_")]


def test_a_view_that_raises_is_an_error_of_the_run_and_tells_its_time():
    answer = Client(raise_request_exception=False).get("/broken/", headers=MARKED)

    window = recorded()[SERVER]
    assert (window.count, window.errors, window.sum) == (1, 1, told_ns(answer)[0])


def test_a_streamed_answer_counts_at_its_last_byte_and_tells_nothing():
    answer = Client().get("/streamed/", headers=MARKED)
    assert SERVER not in recorded()
    assert answer.getvalue() == b"onetwo"

    assert recorded()[SERVER].count == 1
    assert not answer.has_header("Server-Timing")


async def test_async_answers_are_counted_and_told_alike():
    answer = await AsyncClient().get("/async/", headers=MARKED)
    stream = await AsyncClient().get("/async/streamed/", headers=MARKED)
    first = recorded()[SERVER]
    body = b"".join([chunk async for chunk in stream.streaming_content])

    assert (first.count, first.sum) == (1, told_ns(answer)[0])
    assert (body, recorded()[SERVER].count) == (b"onetwo", 1)


def test_a_path_that_is_left_out_is_neither_counted_nor_told(settings):
    settings.PERFMON = {**settings.PERFMON, "IGNORE_PATHS": ["/plain/"]}
    answer = Client().get("/plain/a/", headers=MARKED)

    assert not answer.has_header("Server-Timing")
    assert SERVER not in recorded()


def test_runs_and_actions_are_kept_apart():
    for run, action in ((12, 3), (12, 4), (13, 3), (13, 3)):
        Client().get("/plain/a/", headers={MARK_HEADER: f"{mark_of(run)}.{action}"})

    counts = counts_by_action()
    assert counts == {"12/3": 1, "12/4": 1, "13/3": 2}


def test_past_the_limit_of_series_marked_requests_share_one(settings):
    settings.PERFMON = {**settings.PERFMON, "MAX_SERIES": 2}
    ingest.clear()
    for action in range(5):
        Client().get("/plain/a/", headers={MARK_HEADER: f"{mark_of(12)}.{action}"})

    counts = counts_by_action()
    assert sum(counts.values()) == 5
    assert counts["(other)"] == 4


def test_layers_in_front_of_django_read_the_mark_from_raw_headers_and_count():
    header = next(iter(MARKED.values())).encode()
    key = load_key([(b"host", b"a"), (b"x-perfmon-load", header)])
    record_load(key, 503, 1_500_000)

    window = recorded()[SERVER]
    assert (key, window.count, window.errors, window.sum) == ("12/3", 1, 1, 1_500_000)
    assert load_key([(b"x-perfmon-load", b"\xff" * 5000)]) == load_key([]) == ""


@pytest.mark.parametrize(
    ("duration_ns", "waited_ns", "text"),
    [
        (0, None, "app;dur=0.000000"),
        (1_234_567, 89, "app;dur=1.234567, queue;dur=0.000089"),
        (3_600_000_000_001, None, "app;dur=3600000.000001"),
    ],
)
def test_durations_are_told_in_ms_to_the_nanosecond(duration_ns, waited_ns, text):
    assert timing_text(duration_ns, waited_ns) == text
