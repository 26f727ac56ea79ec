"""The project's periodic work: every entry of the schedule names a task there is."""

from __future__ import annotations

import pytest
from django.conf import settings

from omniwriter.celery import app
from omniwriter.tasks import indexes_report
from perfmon.indexes.reports import newest_report


def test_every_entry_of_the_schedule_names_a_task_that_a_worker_knows() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


@pytest.mark.parametrize(
    "task",
    ["generation.generations_take_up", "generation.endpoints_probe", "batches.generation_batches_advance"],
)
def test_what_generation_does_every_few_seconds_does_not_pile_up(task: str) -> None:
    (entry,) = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == f"articles.tasks.{task}"]

    assert entry["options"]["expires"] <= entry["schedule"] <= 15


def test_indexes_are_reported_on_the_first_of_each_month() -> None:
    schedule = settings.CELERY_BEAT_SCHEDULE["report on indexes"]["schedule"]
    assert schedule.day_of_month == {1}
    assert len(schedule.month_of_year) == 12
    assert (len(schedule.hour), len(schedule.minute)) == (1, 1)


@pytest.mark.django_db
def test_the_report_of_the_month_is_kept() -> None:
    indexes_report()
    report = newest_report("default")
    assert report is not None
    assert report.content["vendor"] == "SQLite"
