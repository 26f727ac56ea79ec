"""Judging a catalogue: what is needless, what is missing, and what must never be named."""

from __future__ import annotations

import pytest

from perfmon.indexes import rules
from perfmon.indexes.catalogue import Catalogue, ForeignKey, Index, Table
from perfmon.indexes.rules import LARGE_BYTES


def index(name: str, *columns: str, **more) -> Index:
    """An index on the table ``lamps``, large and never scanned unless said otherwise."""
    return Index("lamps", name, columns, columns, **{"size_bytes": LARGE_BYTES, "scans": 0, **more})


def judged(rule, *indexes: Index, **more) -> list[str]:
    """The names a rule finds among indexes."""
    found = rule(Catalogue(indexes, (), concurrently=" CONCURRENTLY", **more))
    return [one.name for one in (found[0] if isinstance(found, tuple) else found)]


@pytest.mark.parametrize(
    ("kept", "needless"),
    [
        (index("both", "a", "b"), index("one", "a")),
        (index("primary", "a", unique=True, bound=True), index("again", "a")),
        (index("enforces", "a", unique=True), index("plain", "a")),
        (index("a_first", "a"), index("b_second", "a")),
        (index("carries", "a", included=("c",)), index("plain", "a")),
        (index("wide", "a", "c"), index("carries", "a", included=("c",))),
        (index("some", "a", "b", predicate="c > 1"), index("fewer", "a", predicate="c > 1")),
        (index("hash_1", "a", method="hash"), index("hash_2", "a", method="hash")),
    ],
)
def test_an_index_is_needless_when_another_does_all_it_does(kept, needless):
    assert judged(rules.duplicates, kept, needless) == [needless.name]
    assert judged(rules.duplicates, needless, kept) == [needless.name]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (index("one", "a", unique=True), index("both", "a", "b")),
        (index("one", "b"), index("both", "a", "b")),
        (index("one", "a text_pattern_ops"), index("both", "a", "b")),
        (index("one", "a", predicate="c > 1"), index("both", "a", "b")),
        (index("one", "a"), index("both", "a", "b", predicate="c > 1")),
        (index("one", "a", method="gin"), index("both", "a", "b", method="gin")),
        (index("one", "a", method="hash"), index("both", "a", "b")),
        (index("one", "a", included=("z",)), index("both", "a", "b")),
        (index("one", "a", bound=True, unique=True), index("two", "a", bound=True, unique=True)),
        (index("one", "a"), index("broken", "a", "b", valid=False)),
    ],
)
def test_an_index_that_does_something_of_its_own_is_never_needless(one, other):
    assert judged(rules.duplicates, one, other) == []


def test_of_three_alike_the_one_most_used_is_kept():
    assert judged(rules.duplicates, index("x", "a", scans=1), index("y", "a", scans=9), index("z", "a")) == ["x", "z"]


def test_only_large_indexes_that_nothing_needs_are_unused():
    idle = index("idle", "a")
    needed = [
        index("scanned", "a", scans=1),
        index("enforces", "a", unique=True),
        index("backs", "a", bound=True),
        index("broken", "a", valid=False),
        index("uncounted", "a", scans=None),
    ]
    assert judged(rules.unused, idle, *needed) == ["idle"]
    found, small = rules.unused(Catalogue((index("small", "a", size_bytes=LARGE_BYTES - 1),), ()))
    assert (found, small) == ([], 1)


def test_an_index_that_a_replica_uses_is_not_unused():
    elsewhere = {"replica1": {"idle": 0}, "replica2": {"idle": 3}}
    assert judged(rules.unused, index("idle", "a"), scans_elsewhere=elsewhere) == []
    elsewhere["replica2"]["idle"] = 0
    assert judged(rules.unused, index("idle", "a"), scans_elsewhere=elsewhere) == ["idle"]


KEY = ForeignKey("lamps", "lamps_maker", ("maker_id", "land"), "makers", 5_000)


@pytest.mark.parametrize(
    ("found", "indexes"),
    [
        (1, []),
        (0, [index("covers", "maker_id", "land", "z")]),
        (0, [index("turned", "land", "maker_id")]),
        (1, [index("half", "maker_id")]),
        (1, [index("later", "z", "maker_id", "land")]),
        (1, [index("some", "maker_id", "land", predicate="z > 1")]),
        (1, [index("broken", "maker_id", "land", valid=False)]),
    ],
)
def test_a_foreign_key_needs_an_index_that_begins_with_it(found, indexes):
    findings = rules.bare_foreign_keys(Catalogue(tuple(indexes), (KEY,), concurrently=" CONCURRENTLY"))
    assert len(findings) == found
    for one in findings:
        assert one.sql == ["CREATE INDEX CONCURRENTLY lamps_maker_id_land_idx ON lamps (maker_id, land);"]


@pytest.mark.parametrize(
    ("found", "changes"),
    [
        (1, {}),
        (0, {"rows": 9_999}),
        (0, {"sequential_scans": 99, "sequential_rows": 99 * 20_000}),
        (0, {"sequential_rows": 100 * 9_000}),
        (0, {"index_scans": 2_001}),
        (1, {"index_scans": 2_000}),
    ],
)
def test_a_large_table_often_read_whole_is_named(found, changes):
    usual = {"rows": 20_000, "size_bytes": 1, "sequential_scans": 100, "sequential_rows": 2_000_000, "index_scans": 0}
    assert len(rules.scanned([Table("lamps", **{**usual, **changes})])) == found


def test_what_a_failed_build_left_is_named_with_the_way_out():
    found = rules.invalid(Catalogue((index("half", "a", valid=False), index("half_ccnew1", "a", valid=False)), ()))
    assert [one.sql for one in found] == [
        ["REINDEX INDEX half;", "DROP INDEX half;"],
        ["DROP INDEX half_ccnew1;"],
    ]


def test_an_index_of_a_partitioned_table_is_not_dropped_concurrently():
    catalogue = Catalogue((index("split", "a", partitioned=True),), (), concurrently=" CONCURRENTLY")
    assert rules.unused(catalogue)[0][0].sql == ["DROP INDEX split;"]
