"""The collector's tick, on the local queue and on a real Valkey: exactly once, whatever fails."""

from __future__ import annotations

import pytest

from perfmon.collector.merging import Collector, add_totals
from perfmon.exceptions import TransportError
from perfmon.series import SeriesKey, Window
from perfmon.transport import get_transport
from perfmon.valkey import get_client

NOW = 1_800_000_000.0
ROOT = SeriesKey("request", "GET /")
SECOND = int(NOW)


@pytest.fixture(params=["local", "valkey"])
def transport(request, settings):
    """Each of the two transports in turn."""
    if request.param == "valkey":
        request.getfixturevalue("over_valkey")
    else:
        settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False}
    return get_transport()


def test_windows_of_several_processes_add_up_in_their_second(transport, packed_window, stored):
    transport.send(packed_window(1, SECOND - 1, [1000, 2000], process="web1:1"))
    transport.send(packed_window(1, SECOND - 1, [4000], process="web2:9"))
    tick = Collector().tick(NOW)

    assert (tick.leading, tick.windows) == (True, 2)
    window = stored(1, SECOND - 1)[ROOT]
    assert (window.count, window.sum, window.max) == (3, 7000, 4000)
    assert stored(10, (SECOND - 1) // 10 * 10)[ROOT].count == 3


def test_the_total_over_all_endpoints_is_stored_beside_them(transport, packed_window, stored):
    transport.send(packed_window(1, SECOND, [1000], key="GET /a"))
    transport.send(packed_window(2, SECOND, [3000], key="GET /b"))
    Collector().tick(NOW)

    assert stored(1, SECOND)[SeriesKey("request", "*")].count == 2


def test_a_window_sent_twice_is_counted_once(transport, packed_window, stored):
    packed = packed_window(1, SECOND, [1000])
    collector = Collector()
    transport.send(packed)
    transport.send(packed)
    first = collector.tick(NOW)
    transport.send(packed)
    second = collector.tick(NOW + 1)

    assert (first.windows, first.duplicates, second.duplicates) == (1, 1, 1)
    assert stored(1, SECOND)[ROOT].count == 1


def test_a_late_window_is_merged_into_its_second(transport, packed_window, stored):
    collector = Collector()
    transport.send(packed_window(1, SECOND - 200, [1000]))
    collector.tick(NOW - 199)
    for number in range(2, 40):  # long enough for the block to leave the collector's memory
        transport.send(packed_window(number, SECOND - 200 + number, [1000]))
        collector.tick(NOW - 199 + number)
    transport.send(packed_window(1, SECOND - 200, [9000], process="web2:1"))
    collector.tick(NOW)

    window = stored(1, SECOND - 200)[ROOT]
    assert (window.count, window.sum) == (2, 10_000)


@pytest.mark.parametrize("second", [SECOND - 301, SECOND + 6, 0])
def test_a_window_too_late_or_from_the_future_is_refused(transport, packed_window, stored, second):
    transport.send(packed_window(1, second, [1000]))
    tick = Collector().tick(NOW)

    assert (tick.windows, tick.refused) == (0, 1)
    assert stored(1, second) == {}


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x01\x93", b"\x63abc", b"\x01\xc0"])
def test_a_damaged_window_is_refused_and_the_next_one_merged(transport, packed_window, stored, packed):
    transport.send(packed)
    transport.send(packed_window(1, SECOND, [1000]))
    tick = Collector().tick(NOW)

    assert (tick.windows, tick.refused) == (1, 1)
    assert stored(1, SECOND)[ROOT].count == 1


def test_only_one_of_two_collectors_leads(transport, packed_window, stored):
    first, second = Collector(), Collector()
    transport.send(packed_window(1, SECOND, [1000]))
    ticks = [collector.tick(NOW) for collector in (first, second, first, second)]

    assert [tick.leading for tick in ticks] == [True, False, True, False]
    assert stored(1, SECOND)[ROOT].count == 1


def test_the_other_takes_over_when_the_leader_resigns(transport, packed_window, stored):
    first, second = Collector(), Collector()
    transport.send(packed_window(1, SECOND, [1000]))
    first.tick(NOW)
    first.resign()
    transport.send(packed_window(2, SECOND, [1000]))

    assert second.tick(NOW + 1).leading
    assert stored(1, SECOND)[ROOT].count == 2


def test_what_a_dead_leader_received_without_committing_is_merged_once_by_the_next(over_valkey, packed_window, stored):
    dead, heir = Collector(), Collector()
    get_transport().send(packed_window(1, SECOND, [1000]))
    dead.tick(NOW)
    get_transport().send(packed_window(2, SECOND, [1000]))
    assert dead._inbox.lead()
    assert len(dead._inbox.receive()) == 1  # and here it dies
    get_client().delete("perfmon:lease")

    heir.tick(NOW + 4)

    assert stored(1, SECOND)[ROOT].count == 2


def test_a_leader_that_was_stopped_past_its_lease_commits_nothing(over_valkey, packed_window, stored, monkeypatch):
    stopped, heir = Collector(), Collector()
    get_transport().send(packed_window(1, SECOND, [1000]))
    receive = stopped._inbox.receive

    def receive_then_lose_the_lease():
        messages = receive()
        get_client().delete("perfmon:lease")
        heir.tick(NOW)
        return messages

    monkeypatch.setattr(stopped._inbox, "receive", receive_then_lose_the_lease)
    tick = stopped.tick(NOW)

    assert not tick.leading
    assert stored(1, SECOND)[ROOT].count == 1
    monkeypatch.undo()
    assert not stopped.tick(NOW + 1).leading


def test_a_failed_commit_is_done_again_without_counting_twice(transport, packed_window, stored, monkeypatch):
    collector = Collector()
    transport.send(packed_window(1, SECOND, [1000]))

    def away(commit):
        raise TransportError("away")

    monkeypatch.setattr(collector._inbox, "commit", away)
    with pytest.raises(TransportError):
        collector.tick(NOW)
    monkeypatch.undo()
    transport.send(packed_window(2, SECOND, [1000]))
    collector.tick(NOW + 1)

    assert stored(1, SECOND)[ROOT].count == 2


def test_collecting_goes_on_after_valkey_came_back_empty(over_valkey, packed_window, stored):
    collector = Collector()
    get_transport().send(packed_window(1, SECOND, [1000]))
    collector.tick(NOW)
    get_client().flushall()
    for sequence in range(2, 5):
        get_transport().send(packed_window(sequence, SECOND + sequence, [1000]))
        collector.tick(NOW + sequence)

    assert stored(1, SECOND + 4)[ROOT].count == 1


def test_totals_cover_endpoints_status_classes_and_hosts():
    windows = {
        SeriesKey("request", "GET /a"): Window(2, 1, 10, 8),
        SeriesKey("request", "GET /b"): Window(1, 0, 5, 5),
        SeriesKey("response", "GET /a 2xx"): Window(1),
        SeriesKey("response", "GET /b 2xx"): Window(1),
        SeriesKey("host", "web1/cpu"): Window(1, 0, 40_000, 40_000),
        SeriesKey("host", "web2/cpu"): Window(1, 0, 60_000, 60_000),
        SeriesKey("self", "flush"): Window(1),
    }
    add_totals(windows)

    assert windows[SeriesKey("request", "*")] == Window(3, 1, 15, 8)
    assert windows[SeriesKey("response", "* 2xx")] == Window(2)
    assert windows[SeriesKey("host", "*/cpu")].mean == 50_000
    assert not any(kind == "self" and key == "*" for kind, key in windows)
