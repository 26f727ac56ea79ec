"""Reports on real databases with planted indexes: PostgreSQL with a streaming replica, and SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connections

from perfmon import guard
from perfmon.indexes.postgres import IsReplicaError
from perfmon.indexes.reports import newest_report, report_make, report_store, reports_make_monthly
from perfmon.indexes.wording import report_text
from perfmon.models import IndexReport
from tests.fixtures.servers import aliased
from tests.perfmon.store.conftest import To
from tests.waiting import eventually

NOW = datetime(2026, 11, 1, 4, tzinfo=UTC)
PLANTED = """
CREATE TABLE makers (id int PRIMARY KEY);
CREATE TABLE lamps (id int PRIMARY KEY, maker_id int REFERENCES makers (id), watts int, socket text, colour int);
INSERT INTO makers SELECT g FROM generate_series(1, 100) AS g;
INSERT INTO lamps SELECT g, g % 100 + 1, g % 60, 's' || g, g FROM generate_series(1, 60000) AS g;
CREATE INDEX lamps_watts ON lamps (watts);
CREATE INDEX lamps_watts_socket ON lamps (watts, socket);
CREATE INDEX lamps_colour ON lamps (colour);
CREATE INDEX lamps_socket ON lamps (socket);
CREATE INDEX lamps_socket_like ON lamps (socket text_pattern_ops);
CREATE UNIQUE INDEX lamps_colour_unique ON lamps (colour, id);
ANALYZE lamps;
"""


@contextmanager
def planting(url: str) -> Iterator[psycopg.Connection]:
    """Know a database as ``lamps`` and plant indexes of use and some of none in it."""
    with psycopg.connect(url, autocommit=True) as session, aliased(url, "lamps"):
        session.execute(PLANTED)
        yield session


@pytest.fixture
def planted(postgres_url, django_db_blocker) -> Iterator[psycopg.Connection]:
    """A session in a database with planted indexes."""
    with planting(postgres_url) as session, django_db_blocker.unblock():
        yield session


@pytest.fixture
def replicated(postgres_pair, django_db_blocker) -> Iterator[psycopg.Connection]:
    """The same on a primary whose replica is known as ``lamps_replica``."""
    with (
        planting(postgres_pair.primary_url) as session,
        aliased(postgres_pair.replica_url, "lamps_replica"),
        django_db_blocker.unblock(),
    ):
        yield session


def found(kind: str, **options) -> dict[str, dict]:
    """The findings of a kind, by name."""
    report = report_make(alias="lamps", now=datetime.now(UTC), **{"min_days": 0, **options})
    return {one["name"]: one for one in report["findings"] if one["kind"] == kind}


def use(connection: psycopg.Connection, sql: str) -> None:
    """Read lamps by an index."""
    connection.execute("SET enable_seqscan = off")
    connection.execute(sql).fetchall()
    connection.execute("RESET enable_seqscan")
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT 1")


def test_only_what_neither_the_primary_nor_the_replica_uses_is_unused(replicated, postgres_pair):
    use(replicated, "SELECT watts FROM lamps ORDER BY socket LIMIT 1")  # by lamps_socket
    with psycopg.connect(postgres_pair.replica_url, autocommit=True) as replica:
        eventually(lambda: has_rows(replica))
        use(replica, "SELECT watts FROM lamps WHERE socket ~>=~ 's7' AND socket ~<~ 's8'")  # by lamps_socket_like
    eventually(lambda: set(found("unused")) == {"lamps_watts_socket", "lamps_colour"})
    one = found("unused")["lamps_colour"]
    assert one["evidence"]["scans"] == 0
    assert one["evidence"]["size_bytes"] > 1 << 20
    assert one["sql"] == ["DROP INDEX CONCURRENTLY lamps_colour;"]


def has_rows(connection: psycopg.Connection) -> bool:
    """Whether a replica has caught up."""
    with suppress(psycopg.errors.UndefinedTable):
        return connection.execute("SELECT count(*) FROM lamps").fetchone() == (60_000,)
    return False


def test_statistics_younger_than_a_month_judge_nothing_unused(planted):
    report = report_make(alias="lamps", now=datetime.now(UTC))
    assert not [one for one in report["findings"] if one["kind"] == "unused"]
    assert {"code": "young", "days": 0, "min_days": 30} in report["notes"]
    assert "The statistics are 0 days old" in report_text(report)


def test_the_age_of_the_statistics_is_that_of_the_youngest_server(replicated):
    report = report_make(alias="lamps", now=datetime.now(UTC) + timedelta(days=45))
    since = datetime.fromisoformat(report["since"])
    assert timedelta() <= datetime.now(UTC) - since < timedelta(hours=1)
    assert report["days"] in (44, 45)
    assert report["replicas"] == ["lamps_replica"]
    assert [one for one in report["findings"] if one["kind"] == "unused"]
    replicated.execute("SELECT pg_stat_reset()")
    again = report_make(alias="lamps", now=datetime.now(UTC))
    assert datetime.fromisoformat(again["since"]) >= since


def test_a_needless_index_is_named_with_the_one_that_serves_for_it(planted):
    duplicates = found("duplicate")
    assert set(duplicates) == {"lamps_watts", "lamps_colour"}
    assert duplicates["lamps_watts"]["evidence"]["covered_by"] == "lamps_watts_socket"
    assert duplicates["lamps_colour"]["evidence"]["covered_by"] == "lamps_colour_unique"
    assert duplicates["lamps_watts"]["sql"] == ["DROP INDEX CONCURRENTLY lamps_watts;"]


def test_a_foreign_key_without_an_index_is_named_and_the_advice_works(planted):
    (one,) = found("foreign_key").values()
    assert (one["table"], one["evidence"]["columns"]) == ("lamps", ["maker_id"])
    planted.execute(one["sql"][0])
    assert found("foreign_key") == {}


def test_a_table_read_from_end_to_end_is_named_with_the_statements_that_do_it(planted):
    planted.execute("CREATE EXTENSION pg_stat_statements")
    for _ in range(110):
        planted.execute("SELECT count(*) FROM lamps WHERE watts + 1 = 7")
    planted.execute("SELECT pg_stat_force_next_flush()")
    planted.execute("SELECT 1")
    eventually(lambda: found("scanned"))
    (one,) = found("scanned").values()
    assert one["evidence"]["sequential_scans"] >= 110
    assert one["evidence"]["rows"] == pytest.approx(60_000, rel=0.01)
    assert "SELECT count(*) FROM lamps WHERE watts + $1 = $2" in one["evidence"]["statements"]
    assert planted.execute(one["sql"][0]).fetchall()


def test_an_index_whose_build_failed_is_named_and_the_advice_works(planted):
    with pytest.raises(psycopg.errors.UniqueViolation):
        planted.execute("CREATE UNIQUE INDEX CONCURRENTLY lamps_broken ON lamps (watts)")
    (one,) = found("invalid").values()
    assert one["name"] == "lamps_broken"
    planted.execute(one["sql"][-1])
    assert found("invalid") == {}


def test_the_advice_on_unused_and_needless_ones_works_too(planted):
    for _ in range(2):  # a needless one may be unused as well
        for kind in ("unused", "duplicate"):
            for one in found(kind).values():
                planted.execute(one["sql"][0])
    assert (found("unused"), found("duplicate")) == ({}, {})
    assert planted.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'lamps'").fetchone()[0] >= 2


def test_the_index_of_a_partitioned_table_is_one_index(planted):
    planted.execute(
        "CREATE TABLE parts (id int, at int) PARTITION BY RANGE (at);"
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);"
        "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);"
        "CREATE INDEX parts_at ON parts (at); CREATE INDEX parts_at_id ON parts (at, id);"
        "INSERT INTO parts SELECT g, g % 200 FROM generate_series(1, 60000) AS g"
    )
    (needless,) = [one for one in found("duplicate").values() if one["table"] == "parts"]
    assert needless["sql"] == ["DROP INDEX parts_at;"]
    unused = {name: one for name, one in found("unused").items() if "parts" in name}
    assert set(unused) <= {"parts_at", "parts_at_id"}
    planted.execute(needless["sql"][0])


def test_names_that_need_quotes_have_them(planted):
    planted.execute('CREATE TABLE "Odd one" ("The id" int REFERENCES makers (id))')
    (one,) = [one for one in found("foreign_key").values() if "Odd" in one["table"]]
    assert one["sql"] == ['CREATE INDEX CONCURRENTLY Odd_one_The_id_idx ON "Odd one" ("The id");']
    planted.execute(one["sql"][0])


def test_a_replica_that_is_away_is_said_to_be(planted):
    with aliased("postgres://nobody@127.0.0.1:1/nothing", "gone"):
        report = report_make(alias="lamps", now=NOW)
    assert {"code": "replica_away", "alias": "gone"} in report["notes"]


def test_a_replicas_own_report_is_refused(replicated):
    with pytest.raises(IsReplicaError):
        eventually(lambda: report_make(alias="lamps_replica", now=NOW))


def test_perfmons_own_tables_have_neither_needless_nor_missing_indexes(postgres_alias):
    report = report_make(alias=postgres_alias, now=NOW)
    assert [one for one in report["findings"] if one["table"].startswith("perfmon_")] == []


@pytest.mark.django_db
def test_sqlite_is_told_what_it_can_know_and_that_it_can_not_know_more():
    with connections["default"].cursor() as cursor:
        cursor.execute('CREATE TABLE makers (id integer PRIMARY KEY, "two words" text)')
        cursor.execute(
            "CREATE TABLE lamps (id integer PRIMARY KEY, maker integer REFERENCES makers (id), a int, b int)"
        )
        cursor.execute("CREATE INDEX lamps_a ON lamps (a)")
        cursor.execute("CREATE INDEX lamps_a_b ON lamps (a, b)")
        cursor.execute("CREATE INDEX lamps_a_down ON lamps (a DESC)")
        cursor.execute("CREATE INDEX lamps_a_some ON lamps (a) WHERE b > 1")
        cursor.execute("CREATE INDEX lamps_sum ON lamps (a + b)")
        report = report_make(alias="default", now=NOW)
        lamps = {one["kind"]: one for one in report["findings"] if one["table"] == "lamps"}
        assert {kind: one["sql"] for kind, one in lamps.items()} == {
            "foreign_key": ["CREATE INDEX lamps_maker_idx ON lamps (maker);"],
            "duplicate": ["DROP INDEX lamps_a;"],
        }
        for one in lamps.values():
            cursor.execute(one["sql"][0])
    assert (report["since"], report["days"]) == (None, None)
    assert "SQLite counts neither scans nor rows" in report_text(report)


@pytest.mark.django_db
def test_an_index_of_a_model_is_told_by_its_declaration():
    report = report_make(alias="default", now=NOW)
    assert all(one["declared"] for one in report["findings"])
    assert "declared by " in report_text(report)


@pytest.mark.django_db
def test_reports_are_kept_for_two_years_and_the_newest_is_shown():
    report = report_make(alias="default", now=NOW)
    for months in (30, 23, 1, 0):
        report_store(report, now=NOW - timedelta(days=30.4 * months))
    assert IndexReport.objects.count() == 3
    report_store(report, now=NOW + timedelta(hours=1))
    assert IndexReport.objects.count() == 4
    assert newest_report("default").made_at == NOW + timedelta(hours=1)
    assert newest_report("other") is None


@pytest.fixture
def stored(django_db_setup, postgres_alias, monkeypatch) -> str:
    """Reports are kept in a PostgreSQL of the test's own."""
    monkeypatch.setattr("django.db.router.routers", [To(postgres_alias)])
    guard.failures.clear()
    return postgres_alias


def test_the_monthly_round_covers_every_primary_and_survives_one_that_is_away(stored, replicated):
    with aliased("postgres://nobody@127.0.0.1:1/nothing", "away"):
        assert reports_make_monthly(now=NOW) == ["default", stored, "lamps"]
    assert set(IndexReport.objects.values_list("alias", flat=True)) == {"default", stored, "lamps"}
    assert guard.failures["index report of away"] == 1
