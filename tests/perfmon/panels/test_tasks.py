"""The page of tasks: queues with their waits, tasks with their runs, and who is there to work."""

from __future__ import annotations

import pytest

from perfmon.panels import topics
from perfmon.panels.tasks import known_queues
from perfmon.store import rollups
from tests.perfmon.panels.seeding import NOW, add_amount, add_task, alive, store

SECOND = int(NOW)
SEND, REPORT = "shop.tasks.send", "shop.tasks.report"
pytestmark = pytest.mark.django_db


def panel(name: str, range_: str = "5m", language: str = ""):
    return topics.payload(f"{language}tasks/{range_}", NOW)["panels"][name]


def rows(name: str, of: str):
    return {row.get("key", row.get("name", "")): row for row in panel(name)[of]}


def store_work() -> None:
    before, now = alive(), alive()
    add_amount(before, "queue_length", "generate", 9)
    add_amount(before, "worker", "celery@gone", 1)
    add_task(now, SEND, [20] * 9 + [400], failed=2, wait_ms=40_000, queue="generate")
    add_task(now, REPORT, [5_000])
    add_amount(now, "task_retry", SEND)
    add_amount(now, "queue_length", "generate", 4)
    add_amount(now, "queue_length", "celery", 0)
    add_amount(now, "worker", "celery@web1", 4)
    add_amount(now, "worker", "celery@web2", 1)
    store({SECOND - 100: before, SECOND - 3: now})


def test_a_queue_has_what_waits_now_and_at_most_and_for_how_long():
    store_work()
    generate = rows("queues", "queues")["generate"]
    assert (generate["waiting"], generate["peak"]) == ("4", "9")
    assert (generate["p50"], generate["p95"], generate["over"]) == ("40.0\xa0s", "40.0\xa0s", True)
    assert generate["taken"] == "2.01/min"
    celery = rows("queues", "queues")["celery"]
    assert (celery["waiting"], celery["peak"], celery["over"]) == ("0", "0", False)


def test_a_queue_that_may_wait_is_never_over(settings):
    settings.PERFMON = {**settings.PERFMON, "PATIENT_QUEUES": ["generate"]}
    store_work()
    generate = rows("queues", "queues")["generate"]
    assert (generate["patient"], generate["over"]) == (True, False)


def test_workers_that_are_there_now_are_named_with_what_they_do_at_once():
    store_work()
    data = panel("queues")
    assert data["workers"] == "2 workers online: celery@web1 (4 at once), celery@web2 (1 at once)"
    assert data["idle"] is False


def test_many_workers_are_counted_and_a_few_named():
    windows = alive()
    for number in range(9):
        add_amount(windows, "worker", f"celery@web{number}", 2)
    store({SECOND - 3: windows})
    text = panel("queues")["workers"]
    assert text.startswith("9 workers online: celery@web0 (2 at once)")
    assert text.endswith(", 5 more")


def test_no_worker_is_said_in_words_with_what_it_means():
    store({SECOND - 3: alive()})
    data = panel("queues")
    assert data["workers"] == "No worker is online: whatever is sent to a queue waits there."
    assert data["idle"] is True


def test_nothing_is_said_of_workers_while_no_measurements_arrive():
    store({SECOND - 200: alive()})
    assert (panel("queues")["workers"], panel("queues")["idle"]) == ("", False)


def test_tasks_come_by_their_share_of_the_time_with_runs_failures_and_retries():
    store_work()
    first, second = panel("tasks")["tasks"]
    assert (first["task"], first["module"], first["p95"]) == ("report", "shop.tasks", "5.00\xa0s")
    assert (second["task"], second["p50"], second["p95"], second["wait"]) == (
        "send",
        "20.1\xa0ms",
        "400\xa0ms",
        "40.0\xa0s",
    )
    assert (second["failed"], second["is_failing"], second["retries"]) == ("2", True, "1")
    assert (first["part"], second["part"]) == (89.6, 10.4)


def test_a_task_that_waited_and_still_runs_is_listed_already():
    windows = alive()
    add_task(windows, SEND, [1])
    del windows[next(key for key in windows if key.kind == "task")]
    store({SECOND - 3: windows})
    (row,) = panel("tasks")["tasks"]
    assert (row["task"], row["p50"], row["wait"]) == ("send", "–", "5.00\xa0ms")


def test_more_tasks_than_are_listed_are_counted():
    windows = alive()
    for number in range(63):
        add_task(windows, f"shop.task{number:02}", [1])
    store({SECOND - 3: windows})
    data = panel("tasks")
    assert (len(data["tasks"]), data["others"]) == (60, "3 more tasks")


def test_the_figures_are_over_all_tasks():
    store_work()
    found = {figure["name"]: figure for figure in panel("task_figures")["figures"]}
    assert (found["failed"]["text"], found["run"]["text"], found["run"]["unit"]) == ("18.2", "5.00", "s")
    assert (found["wait"]["text"], found["wait"]["unit"]) == ("40.0", "s")


def test_charts_have_a_line_for_each_queue_of_the_settings():
    store_work()
    lengths, waits = panel("charts")["charts"]
    assert [series["label"] for series in lengths["series"]] == known_queues()
    at = known_queues().index("generate")
    assert [value for value in lengths["series"][at]["values"] if value is not None] == [9, 4]
    assert max(value for value in waits["series"][at]["values"] if value is not None) == pytest.approx(40_000, rel=0.01)


def test_nothing_ran_says_so_and_whether_there_is_celery_at_all():
    data = panel("tasks")
    assert (data["tasks"], data["celery"]) == ([], True)


def test_a_long_range_is_read_from_the_rollups():
    windows = alive()
    add_task(windows, SEND, [10] * 5)
    rollups.write_minute(SECOND // 60 * 60 - 7_200, windows)
    assert panel("tasks", "24h")["tasks"][0]["p50"] == "10.0\xa0ms"
