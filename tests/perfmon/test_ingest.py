"""A process's window: nothing lost, nothing counted twice, memory bounded."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from perfmon.exceptions import TransportError
from perfmon.ingest import dropped, ingest, record_external, shards
from perfmon.recorders.queries import CallSlot, call_slot, record_call
from perfmon.series import SeriesKey, Window, Windows
from perfmon.transport import local_queue
from perfmon.wire import merge_rows, unpack_process_window

pytestmark = pytest.mark.usefixtures("recording")

SECOND = 1_800_000_000
DEFAULT = SeriesKey("query", "default")


def sent() -> list[tuple[int, Windows]]:
    """Return what was sent so far, as (second, windows)."""
    received = []
    for message in local_queue().take():
        window = unpack_process_window(message.packed)
        windows: Windows = {}
        merge_rows(windows, window.rows)
        received.append((window.second, windows))
    return received


def test_one_flush_sends_what_every_thread_counted():
    threads = [threading.Thread(target=record_call, args=("query", "default", 1000, 1, 0)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ingest.flush(SECOND)

    ((second, windows),) = sent()
    assert second == SECOND
    assert windows[DEFAULT].count == 8
    assert windows[DEFAULT].sum == 8000


def test_a_second_flush_does_not_repeat_the_first():
    record_call("query", "default", 1000, 1, 0)
    ingest.flush(SECOND)
    ingest.flush(SECOND + 1)

    counts = [windows[DEFAULT].count for _, windows in sent() if DEFAULT in windows]
    assert counts == [1]


def test_what_is_being_written_during_a_flush_goes_with_the_next_one():
    shard = shards[threading.get_ident()]
    shard.writes += 1  # this thread is in the middle of a write
    slot = call_slot(shard, "query", "default")
    ingest.flush(SECOND)
    slot.add(1000, 1, 0)
    shard.writes += 1

    ingest.flush(SECOND + 1)

    counts = [windows[DEFAULT].count for _, windows in sent() if DEFAULT in windows]
    assert counts == [1]


def test_counts_are_exact_while_threads_write_and_another_flushes():
    rounds, writers = 20_000, 4

    def write() -> None:
        for _ in range(rounds):
            record_call("query", "default", 1000, 1, 0)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    total = 0
    while any(thread.is_alive() for thread in threads):
        ingest.flush(SECOND)
        total += sum(windows[DEFAULT].count for _, windows in sent() if DEFAULT in windows)
    ingest.flush(SECOND)
    ingest.flush(SECOND)
    total += sum(windows[DEFAULT].count for _, windows in sent() if DEFAULT in windows)

    assert total == rounds * writers


def test_series_past_the_limit_share_one_and_are_counted(settings):
    settings.PERFMON = {**settings.PERFMON, "MAX_SERIES": 3}
    for number in range(10):
        record_call("query", f"alias{number}", 1000, 1, 0)

    ingest.flush(SECOND)

    ((_, windows),) = sent()
    keys = {key for kind, key in windows if kind == "query"}
    assert keys == {"alias0", "alias1", "alias2", "(other)"}
    assert windows[SeriesKey("query", "(other)")].count == 7
    assert windows[SeriesKey("self", "dropped/series")].count == 7


class Unreachable:
    """A transport that is away until it is let back."""

    def __init__(self) -> None:
        self.away = True
        self.packed: list[bytes] = []

    def send(self, packed: bytes) -> None:
        """Take a window, or say that it can't be taken."""
        if self.away:
            raise TransportError("away")
        self.packed.append(packed)


@pytest.fixture
def unreachable(monkeypatch) -> Unreachable:
    """The transport of this process, away."""
    transport = Unreachable()
    monkeypatch.setattr("perfmon.ingest.get_transport", lambda: transport)
    return transport


def test_windows_wait_in_order_while_the_transport_is_away(unreachable):
    for second in range(SECOND, SECOND + 5):
        record_call("query", "default", 1000, 1, 0)
        ingest.flush(second)
    assert unreachable.packed == []

    unreachable.away = False
    ingest.flush(SECOND + 5)

    windows = [unpack_process_window(packed) for packed in unreachable.packed]
    assert [window.second for window in windows][:5] == list(range(SECOND, SECOND + 5))
    assert [window.sequence for window in windows] == sorted(window.sequence for window in windows)


def test_the_oldest_windows_are_dropped_and_counted_when_the_buffer_is_full(settings, unreachable):
    settings.PERFMON = {**settings.PERFMON, "BUFFER_WINDOWS": 3}
    for second in range(SECOND, SECOND + 10):
        record_call("query", "default", 1000, 1, 0)
        ingest.flush(second)
    unreachable.away = False
    ingest.flush(SECOND + 10)

    windows = [unpack_process_window(packed) for packed in unreachable.packed]
    assert len(windows) <= 4
    assert windows[-1].second >= SECOND + 9
    assert dropped["windows"] >= 7


def test_a_failing_sampler_is_counted_and_the_rest_is_sent():
    class Broken:
        def sample(self, second):
            raise RuntimeError("no reading")

    ingest.samplers.append(Broken())
    record_call("query", "default", 1000, 1, 0)
    ingest.flush(SECOND)
    record_call("query", "default", 1000, 1, 0)
    ingest.flush(SECOND + 1)

    first, second = sent()
    assert first[1][DEFAULT].count == 1
    assert second[1][SeriesKey("self", "failed/sample Broken")].count >= 1


def test_a_forked_child_starts_empty_and_the_parent_keeps_its_counts():
    record_call("query", "default", 1000, 1, 0)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        record_call("query", "default", 5000, 1, 0)
        ingest.flush(SECOND)
        windows = sent()[0][1]
        os.write(writer, f"{windows[DEFAULT].count} {windows[DEFAULT].sum}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    ingest.flush(SECOND)

    assert os.read(reader, 100) == b"1 5000"
    ((_, windows),) = sent()
    assert (windows[DEFAULT].count, windows[DEFAULT].sum) == (1, 1000)


def test_after_clear_a_living_thread_counts_on_from_nothing():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(record_call, "query", "default", 1000, 1, 0).result()
        ingest.clear()
        pool.submit(record_call, "query", "default", 2000, 1, 0).result()
        ingest.flush(SECOND)

    ((_, windows),) = sent()
    assert (windows[DEFAULT].count, windows[DEFAULT].sum) == (1, 2000)


def test_an_external_measurement_lands_in_the_second_it_names():
    record_external(method="GET", endpoint="/shop", duration_ns=5_000_000, status=503, second=SECOND - 30)
    ingest.flush(SECOND)

    by_second = dict(sent())
    window = by_second[SECOND - 30][SeriesKey("request", "GET /shop")]
    assert (window.count, window.errors, window.sum) == (1, 1, 5_000_000)
    assert by_second[SECOND - 30][SeriesKey("response", "GET /shop 5xx")] == Window(1)


def test_a_slot_makes_the_same_window_as_adding_each_value():
    slot = CallSlot("query", "default")
    expected = Window()
    for value in (1, 127, 128, 5_000, 10**9, 2**41):
        slot.add(value, 1, 0)
        expected.add(value)
    ((_, window),) = slot.series()
    assert window == expected


def test_a_shard_whose_threads_number_is_given_to_another_thread_loses_nothing():
    thread = threading.Thread(target=record_call, args=("query", "default", 1000, 1, 0))
    thread.start()
    thread.join()
    in_hand = shards[thread.ident or 0]  # as a new thread with that number has it
    ingest.flush(SECOND)
    call_slot(in_hand, "query", "default").add(1000, 1, 0)
    ingest.flush(SECOND + 1)
    ingest.flush(SECOND + 2)

    assert sum(windows[DEFAULT].count for _, windows in sent() if DEFAULT in windows) == 2
    assert in_hand not in shards.values()
    assert in_hand not in [*ingest._shards, *ingest._retired]
