"""``WatchersScenario`` against the served site: sockets are let in, frames come, and nothing is left."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command

from perfmon.exceptions import ScenarioError
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.scenarios import Place
from perfmon.loadtest.watchers import WatchersScenario, watching
from tests.fixtures.site import Site

SCENARIO = "perfmon.loadtest.watchers.WatchersScenario"


@pytest.mark.usefixtures("collector")
def test_a_run_counts_every_connect_and_frame_and_leaves_nothing(site: Site) -> None:
    with pytest.raises(SystemExit) as left:
        call_command(
            "loadtest", "--profile", "smoke", "--users", "5", "--duration", "6", "--scenario", SCENARIO,
            "--host", site.url, "--threshold", "WS /ws/perfmon/ frames: errors < 1 %",
        )  # fmt: skip
    run = LoadRun.objects.get()
    assert (left.value.code or 0, run.status) == (0, "passed"), run.notes
    connects, frames = run.summary["actions"][:2]
    assert run.summary["counts"]["client"] == run.summary["counts"]["server"] == 5
    assert frames["count"] >= 5
    assert (connects["failures"], frames["failures"]) == ({}, {})
    assert frames["latency"]["p95"] is not None
    assert not User.objects.exists()
    assert not Session.objects.exists()


def test_whoever_takes_over_removes_the_account(site: Site) -> None:
    cast = WatchersScenario().prepare(Place(site.url, 7, lambda words: None))
    assert cast.actions == watching()
    account = User.objects.get()
    assert (account.username, account.is_staff) == ("load-7-watcher", False)

    WatchersScenario().remove(8)
    assert User.objects.count() == 1
    WatchersScenario().remove(7)
    assert not User.objects.exists()


def test_a_project_without_a_login_is_told_what_to_do(transactional_db: None, settings) -> None:
    settings.LOGIN_URL = "no-such-route"
    with pytest.raises(ScenarioError, match="Write a scenario of your own"):
        WatchersScenario().prepare(Place("http://127.0.0.1:1", 7, lambda words: None))
