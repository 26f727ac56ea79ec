"""The fine store: the same blocks from memory and from Valkey, and a reader that remembers only what has settled."""

from __future__ import annotations

import pytest

from perfmon import guard
from perfmon.exceptions import StoreUnavailable
from perfmon.series import SeriesKey, Window
from perfmon.store import fine
from perfmon.store.fine import (
    CACHE_AGE_S,
    SETTLED_S,
    BlockReader,
    block_key,
    get_fine_store,
    is_fresh,
    keep_s,
    memory_store,
    one_view,
)
from perfmon.store.ranges import SECOND, SECOND_KEEP_S, TEN
from perfmon.transport import Commit, get_inbox
from perfmon.valkey import get_client
from perfmon.wire import pack_block

NOW = 1_800_000_000
BLOCK = pack_block({SeriesKey("request", "GET /"): Window(1, 0, 5, 5)})
OTHER = pack_block({SeriesKey("request", "GET /"): Window(2, 0, 9, 5)})


@pytest.fixture(params=["memory", "valkey"])
def kind(request, settings) -> str:
    """Each of the two stores in turn."""
    if request.param == "valkey":
        request.getfixturevalue("over_valkey")
    return request.param


def commit(**blocks: bytes) -> None:
    """Write blocks as the collector does: ``commit(s1=..., t10=...)`` are seconds and tens after ``NOW``."""
    inbox = get_inbox()
    assert inbox.lead()
    inbox.commit(Commit({(SECOND if at[0] == "s" else TEN, NOW + int(at[1:])): block for at, block in blocks.items()}))
    inbox.resign()


def test_blocks_are_read_in_the_order_asked_for_and_none_where_nothing_was_recorded(kind):
    commit(s0=BLOCK, s2=OTHER, t0=OTHER)
    store = get_fine_store()
    assert store.read(SECOND, [NOW + 2, NOW + 1, NOW]) == [OTHER, None, BLOCK]
    assert store.read(TEN, [NOW, NOW + 10]) == [OTHER, None]
    assert store.read(SECOND, []) == []


def test_a_block_written_again_replaces_the_one_before(kind):
    commit(s0=BLOCK)
    commit(s0=OTHER)
    assert get_fine_store().read(SECOND, [NOW]) == [OTHER]


def test_seconds_are_kept_for_a_quarter_of_an_hour_and_tens_as_the_budget_says(settings):
    settings.PERF_BUDGETS = {"keep_fine_s": 7200}
    assert (keep_s(SECOND), keep_s(TEN)) == (SECOND_KEEP_S, 7200) == (900, 7200)


def test_memory_forgets_blocks_past_their_time():
    memory_store().put({(SECOND, NOW): BLOCK, (TEN, NOW): BLOCK})
    memory_store().put({(SECOND, NOW + SECOND_KEEP_S): BLOCK})
    assert memory_store().read(SECOND, [NOW]) == [BLOCK]
    memory_store().put({(SECOND, NOW + SECOND_KEEP_S + 1): BLOCK})
    assert memory_store().read(SECOND, [NOW]) == [None]
    assert memory_store().read(TEN, [NOW]) == [BLOCK]


def test_valkey_is_told_how_long_to_keep_each_block(over_valkey):
    commit(s0=BLOCK, t0=BLOCK)
    for step_s in (SECOND, TEN):
        assert keep_s(step_s) - 5 <= get_client().ttl(block_key("perfmon", step_s, NOW)) <= keep_s(step_s)


def test_a_valkey_that_is_away_is_store_unavailable(settings):
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}
    with pytest.raises(StoreUnavailable, match="can't be reached"):
        get_fine_store().read(SECOND, [NOW])


class Counted:
    """A store that notes which blocks it was asked for."""

    def __init__(self, blocks: dict[int, bytes]) -> None:
        self.blocks = blocks
        self.asked: list[int] = []

    def read(self, step_s, starts):
        """Give what is there."""
        self.asked += starts
        return [self.blocks.get(start) for start in starts]


def counts(rows) -> int:
    """How many requests a block holds."""
    return rows["request"]["GET /"][0] if rows else 0


def test_a_settled_block_is_read_once_and_a_recent_one_each_time():
    store = Counted({NOW - 60: BLOCK, NOW: BLOCK})
    reader = BlockReader(store)
    for _ in range(3):
        assert [counts(rows) for rows in reader.read(SECOND, [NOW - 60, NOW], NOW)] == [1, 1]
    assert store.asked == [NOW - 60, NOW, NOW, NOW]


@pytest.mark.parametrize(("age_s", "reads"), [(SETTLED_S, 2), (SETTLED_S + 1, 1)])
def test_a_block_has_settled_so_long_after_its_end(age_s, reads):
    store = Counted({NOW - age_s: BLOCK})
    reader = BlockReader(store)
    reader.read(SECOND, [NOW - age_s], NOW)
    reader.read(SECOND, [NOW - age_s], NOW)
    assert len(store.asked) == reads


def test_that_a_settled_block_is_empty_is_remembered_too():
    store = Counted({})
    reader = BlockReader(store)
    assert reader.read(SECOND, [NOW - 60], NOW) == reader.read(SECOND, [NOW - 60], NOW) == [None]
    assert store.asked == [NOW - 60]


def test_steps_are_told_apart():
    store = Counted({NOW - 60: BLOCK})
    reader = BlockReader(store)
    reader.read(SECOND, [NOW - 60], NOW)
    reader.read(TEN, [NOW - 60], NOW)
    assert store.asked == [NOW - 60, NOW - 60]


def test_what_was_kept_is_read_again_after_a_while_and_not_all_at_once():
    lives = {start: next(age for age in range(100) if not is_fresh(0.0, start, age)) for start in range(NOW, NOW + 300)}
    assert max(lives.values()) <= CACHE_AGE_S
    assert min(lives.values()) >= CACHE_AGE_S // 2
    assert len(set(lives.values())) == 30


def test_memory_of_the_reader_is_bounded_and_the_oldest_go_first(monkeypatch):
    monkeypatch.setattr(fine, "CACHE_BYTES", 10 * (len(BLOCK) + 64))
    starts = [NOW - 1000 + at for at in range(30)]
    store = Counted(dict.fromkeys(starts, BLOCK))
    reader = BlockReader(store)
    reader.read(SECOND, starts, NOW)
    assert len(reader._held) == 10
    assert reader._bytes == 10 * (len(BLOCK) + 64)
    reader.read(SECOND, starts[-10:], NOW)
    assert store.asked == starts
    reader.read(SECOND, starts[:1], NOW)
    assert store.asked == [*starts, starts[0]]


def test_everything_within_one_view_is_of_the_same_moment():
    store = Counted({NOW: BLOCK})
    reader = BlockReader(store)
    with one_view():
        before = reader.read(SECOND, [NOW], NOW)
        store.blocks[NOW] = OTHER
        assert reader.read(SECOND, [NOW], NOW) == before
    assert counts(reader.read(SECOND, [NOW], NOW)[0]) == 2
    assert store.asked == [NOW, NOW]


def test_a_block_of_another_release_holds_nothing_and_is_counted():
    store = Counted({NOW: b"\x63" + BLOCK[1:], NOW + 1: BLOCK})
    assert [counts(rows) for rows in BlockReader(store).read(SECOND, [NOW, NOW + 1], NOW)] == [0, 1]
    assert guard.failures["block"] == 1


def test_a_recent_block_that_did_not_change_is_not_decoded_again():
    store = Counted({NOW: BLOCK})
    reader = BlockReader(store)
    (first,), (second,) = reader.read(SECOND, [NOW], NOW), reader.read(SECOND, [NOW], NOW)
    assert second is first

    store.blocks[NOW] = OTHER
    assert counts(reader.read(SECOND, [NOW], NOW)[0]) == 2


def test_memory_of_recent_blocks_is_bounded():
    starts = list(range(NOW, NOW + 3 * fine.UNSETTLED_BLOCKS))
    reader = BlockReader(Counted(dict.fromkeys(starts, BLOCK)))
    reader.read(SECOND, starts, NOW)
    assert len(reader._unsettled) == fine.UNSETTLED_BLOCKS
