"""Runs as rows: one at a time, known by their sign of life, named, removed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from perfmon.exceptions import LoadTestError
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.profiles import get_profile
from perfmon.loadtest.runs import (
    check_host,
    progress_of,
    run_beat,
    run_begin,
    run_claim,
    run_create,
    run_end,
    run_name_baseline,
    run_open,
    run_queue,
    run_remove,
    run_stop,
    runs_between,
)

pytestmark = pytest.mark.django_db
HOST = "http://127.0.0.1:8000"


def _begin() -> LoadRun:
    return run_begin(profile=get_profile("load"), host=HOST)


def test_only_one_runs_at_a_time() -> None:
    first = _begin()
    with pytest.raises(LoadTestError, match=f"number {first.pk}"):
        _begin()
    assert LoadRun.objects.count() == 1


def test_a_queued_run_is_claimed_once() -> None:
    run = run_create(profile=get_profile("smoke"), host=HOST)
    assert run_claim(run_id=run.pk).status == RunStatus.RUNNING
    with pytest.raises(LoadTestError):
        run_claim(run_id=run.pk)


def test_a_run_without_a_sign_of_life_is_broken_and_in_nobodys_way() -> None:
    dead = _begin()
    with time_machine.travel(timezone.now() + timedelta(seconds=16)):
        assert _begin().pk != dead.pk
        dead.refresh_from_db()
        assert (dead.status, dead.notes) == (RunStatus.BROKEN, [{"code": "died"}])
        assert not run_beat(run_id=dead.pk)


def test_a_run_that_gives_signs_of_life_is_not_taken_for_dead() -> None:
    run = _begin()
    for seconds in range(10, 60, 10):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            assert run_beat(run_id=run.pk)
            with pytest.raises(LoadTestError):
                _begin()


def test_a_run_no_collector_starts_does_not_wait_for_ever() -> None:
    run = run_create(profile=get_profile("smoke"), host=HOST)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        run_queue(profile=get_profile("smoke"), host=HOST, user=None)
    run.refresh_from_db()
    assert (run.status, run.notes) == (RunStatus.BROKEN, [{"code": "not_started"}])


def test_to_stop_a_run_takes_its_next_sign_of_life_away() -> None:
    run = _begin()
    assert run_beat(run_id=run.pk)
    assert run_stop(run_id=run.pk)
    assert not run_beat(run_id=run.pk)


def test_a_queued_run_stops_at_once_and_one_that_is_over_can_not_be_stopped() -> None:
    run = run_create(profile=get_profile("smoke"), host=HOST)
    assert run_stop(run_id=run.pk)
    assert LoadRun.objects.get().status == RunStatus.STOPPED
    assert not run_stop(run_id=run.pk)


def test_another_is_not_queued_while_one_is_open() -> None:
    _begin()
    with pytest.raises(LoadTestError, match="Another load test is on"):
        run_queue(profile=get_profile("smoke"), host=HOST, user=None)


def test_from_the_browser_only_the_settings_addresses_are_reached(settings: Any) -> None:
    settings.PERFMON = {"LOADTEST_HOSTS": ["http://127.0.0.1:9000"]}
    assert run_queue(profile=get_profile("smoke"), host="http://127.0.0.1:9000", user=None).host.endswith("9000")
    with pytest.raises(LoadTestError, match=r"127.0.0.1:8000, http://127.0.0.1:9000 only"):
        run_queue(profile=get_profile("smoke"), host="http://127.0.0.1:22", user=None)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1:8000", "no address of a site"),
        ("ftp://127.0.0.1", "no address of a site"),
        ("http://127.0.0.1/path", "no address of a site"),
        ("http://192.0.2.1", "--allow-host 192.0.2.1"),
        ("http://nowhere.invalid", "no host nowhere.invalid"),
    ],
)
def test_a_strange_address_is_refused_with_the_way_to_allow_it(host: str, words: str) -> None:
    with pytest.raises(LoadTestError, match=words):
        check_host(host)


def test_this_machine_and_what_was_allowed_are_reached() -> None:
    assert check_host("http://localhost:8000/") == "http://localhost:8000"
    assert check_host("http://[::1]:8000") == "http://[::1]:8000"
    assert check_host("https://192.0.2.1", ["192.0.2.1"]) == "https://192.0.2.1"


def test_a_baselines_name_goes_to_the_run_it_was_given_to_last() -> None:
    runs = [run_create(profile=get_profile("smoke"), host=HOST) for _ in range(2)]
    for run in runs:
        run_end(run_id=run.pk, status=RunStatus.PASSED)
        run_name_baseline(run_id=run.pk, name=" main ")
    assert [run.baseline for run in LoadRun.objects.order_by("pk")] == [None, "main"]
    run_name_baseline(run_id=runs[1].pk, name="")
    assert not LoadRun.objects.exclude(baseline=None).exists()


@pytest.mark.parametrize("name", ["x" * 65, "a/b", "a\nb"])
def test_a_baselines_name_is_short_and_can_be_typed(name: str) -> None:
    run = run_create(profile=get_profile("smoke"), host=HOST, status=RunStatus.PASSED)
    with pytest.raises(LoadTestError, match="at most 64"):
        run_name_baseline(run_id=run.pk, name=name)


def test_what_was_stopped_is_no_baseline() -> None:
    run = run_create(profile=get_profile("smoke"), host=HOST, status=RunStatus.STOPPED)
    with pytest.raises(LoadTestError, match="came to its end"):
        run_name_baseline(run_id=run.pk, name="main")


def test_only_what_is_over_is_removed() -> None:
    run = _begin()
    with pytest.raises(LoadTestError, match="Stop it first"):
        run_remove(run_id=run.pk)
    run_end(run_id=run.pk, status=RunStatus.STOPPED)
    run_remove(run_id=run.pk)
    assert run_open() is None
    assert not LoadRun.objects.exists()


def test_progress_is_known_for_stages_and_not_for_a_search() -> None:
    run = _begin()
    with time_machine.travel(run.started_at + timedelta(seconds=30), tick=False):
        assert progress_of(run) == (30, 120, 25)
    run.profile = get_profile("stress").to_json()
    assert progress_of(run).pct is None


def test_a_time_axis_is_marked_with_the_runs_that_were_on() -> None:
    run = _begin()
    now = timezone.now()
    assert list(runs_between(now - timedelta(hours=1), now + timedelta(hours=1))) == [run]
    run_end(run_id=run.pk, status=RunStatus.PASSED)
    assert not runs_between(now + timedelta(hours=1), now + timedelta(hours=2))
