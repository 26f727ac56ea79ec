"""``manage.py collect``: one round, or a sentence on why there is nothing to collect."""

from __future__ import annotations

import time

import pytest
from django.core.management import CommandError, call_command

from perfmon.models import MinuteRollup
from perfmon.series import SeriesKey, Window
from perfmon.store import rollups
from perfmon.transport import get_transport
from perfmon.valkey import get_client

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_valkey_it_says_what_to_set(settings):
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False}
    with pytest.raises(CommandError, match=r'PERFMON\["VALKEY_URL"\] is empty.*REDIS_URL'):
        call_command("collect")


def test_one_round_merges_what_the_processes_sent(over_valkey, packed_window, stored):
    second = int(time.time()) - 2
    get_transport().send(packed_window(1, second, [1000, 2000]))
    call_command("collect", "--once")
    assert stored(1, second)[SeriesKey("request", "GET /")].count == 2


def test_after_one_round_the_next_collector_need_not_wait_for_the_lease(over_valkey):
    call_command("collect", "--once")
    assert get_client().get("perfmon:lease") is None


def test_one_round_ends_when_its_upkeep_has(over_valkey, packed_window):
    minute = int(time.time()) // 60 * 60 - 120
    rollups._ids.clear()
    rollups.write_minute(minute - 60, {SeriesKey("request", "GET /before"): Window(1)})
    get_transport().send(packed_window(1, minute, [1000]))
    call_command("collect", "--once")
    assert MinuteRollup.objects.filter(start=minute, series__key="GET /").count() == 1
