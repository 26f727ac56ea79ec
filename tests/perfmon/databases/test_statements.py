"""What pg_stat_statements says, on a real PostgreSQL: which statements, with what figures, and why there are none."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connections

from perfmon.databases import statements
from perfmon.databases.statements import State, read_statements
from tests.fixtures.servers import aliased


def found(alias: str, text: str):
    """The one statement that contains the text."""
    (one,) = [one for one in read_statements(alias).statements if text in one.text]
    return one


def test_a_statement_has_its_calls_rows_times_and_blocks(counting, postgres_alias):
    counting("CREATE TABLE lamps AS SELECT g AS id FROM generate_series(1, 5000) AS g")
    counting("SELECT id FROM lamps WHERE id <= 40", times=3)
    one = found(postgres_alias, "FROM lamps WHERE")
    assert one.text == "SELECT id FROM lamps WHERE id <= $1"
    assert (one.calls, one.rows) == (3, 120)
    assert one.hit_blocks + one.read_blocks > 0
    assert one.mean_ms == pytest.approx(one.total_ms / 3)
    assert one.max_ms <= one.total_ms
    assert 0 <= one.hit_pct <= 100


def test_the_whole_counts_every_statement_and_since_when(counting, postgres_alias):
    counting("SELECT 1 + 1", times=4)
    read = read_statements(postgres_alias)
    assert read.state is State.OK
    assert read.count == len(read.statements)
    assert read.total_ms == pytest.approx(sum(one.total_ms for one in read.statements))
    assert timedelta() <= datetime.now(UTC) - read.since < timedelta(minutes=1)
    assert (read.role, read.is_replica) == ("", False)


def test_each_order_brings_its_first_and_no_more_than_that(counting, postgres_alias, monkeypatch):
    monkeypatch.setattr(statements, "HELD", 1)
    counting("SELECT pg_sleep(0.05)")
    counting("SELECT g FROM generate_series(1, 3000) AS g")
    counting("SELECT 7", times=20)
    counting("SELECT 8, 8")
    read = read_statements(postgres_alias)
    texts = {one.text for one in read.statements}
    assert {"SELECT pg_sleep($1)", "SELECT g FROM generate_series($1, $2) AS g", "SELECT $1"} <= texts
    assert "SELECT $1, $2" not in texts
    assert len(texts) <= 5 < read.count


def test_statements_of_another_database_are_left_out(counting, postgres_alias, postgres_server):
    from omniwriter.stack.postgres import postgres_url

    with psycopg.connect(postgres_url(postgres_server.service)) as elsewhere:
        elsewhere.execute("SELECT 'elsewhere', 1, 2, 3, 4, 5")
    assert not [one for one in read_statements(postgres_alias).statements if "$6" in one.text]


@pytest.fixture
def limited(counting, postgres_server, postgres_alias):
    """The same database as a role that is no superuser."""
    name = connections[postgres_alias].settings_dict["NAME"]
    role = f"limited_{name}"
    counting(f"CREATE ROLE {role} LOGIN")
    with aliased(f"postgres://{role}@127.0.0.1:{postgres_server.service.listens}/{name}", "limited"):
        yield "limited"
    counting(f"DROP OWNED BY {role}")
    counting(f"DROP ROLE {role}")


def test_a_role_that_is_no_superuser_sees_its_own_statements_only(counting, limited):
    counting("SELECT 1, 'the superuser''s', 3")
    with connections[limited].cursor() as cursor:
        cursor.execute("SELECT 1, 2, 3, 4")
    read = read_statements(limited)
    texts = [one.text for one in read.statements]
    assert "SELECT $1, $2, $3, $4" in texts
    assert "SELECT $1, $2, $3" not in texts
    assert not [text for text in texts if "privilege" in text]
    assert read.role == limited_role(limited)


def limited_role(alias: str) -> str:
    """The role an alias connects as."""
    return connections[alias].settings_dict["USER"]


def test_a_role_without_the_right_is_told_so_and_by_which_name(counting, limited):
    counting("REVOKE SELECT ON pg_stat_statements FROM PUBLIC")
    read = read_statements(limited)
    assert read.state is State.DENIED
    assert read.role == limited_role(limited)


def test_reading_can_not_write(counting, postgres_alias):
    from django.db import InternalError

    from perfmon.databases.sessions import asking

    with pytest.raises(InternalError, match="read-only"), asking(postgres_alias, timeout_ms=1000) as cursor:
        cursor.execute("CREATE TABLE written (id int)")


def test_a_database_that_takes_too_long_is_given_up(counting, postgres_alias, monkeypatch):
    counting("ALTER EXTENSION pg_stat_statements DROP VIEW pg_stat_statements")
    counting("ALTER VIEW pg_stat_statements RENAME TO counted")
    counting("CREATE VIEW pg_stat_statements AS SELECT c.* FROM counted c, pg_sleep(30)")
    monkeypatch.setattr(statements, "TIMEOUT_MS", 100)
    assert read_statements(postgres_alias).state is State.SLOW


def test_a_locked_view_is_not_waited_for(counting, postgres_alias, monkeypatch):
    from perfmon.databases import sessions

    monkeypatch.setattr(sessions, "LOCK_TIMEOUT_MS", 50)
    settings = connections[postgres_alias].get_connection_params()
    with psycopg.connect(**{name: settings[name] for name in ("host", "port", "user", "dbname")}) as other:
        other.execute("LOCK TABLE pg_stat_statements IN ACCESS EXCLUSIVE MODE")
        assert read_statements(postgres_alias).state is State.SLOW
        other.rollback()
    assert read_statements(postgres_alias).state is State.OK


def test_without_the_extension_there_are_no_figures(postgres_alias):
    assert read_statements(postgres_alias).state is State.NOT_CREATED


@pytest.mark.django_db
def test_sqlite_has_no_statistics():
    assert read_statements("default").state is State.OTHER_VENDOR


def test_a_database_that_is_away_is_an_answer_and_no_failure(django_db_blocker):
    with aliased("postgres://nobody@127.0.0.1:1/nothing", "away"), django_db_blocker.unblock():
        assert read_statements("away").state is State.AWAY


def test_a_replica_tells_that_it_is_one(postgres_pair, django_db_blocker):
    with psycopg.connect(postgres_pair.primary_url, autocommit=True) as primary:
        primary.execute("CREATE EXTENSION pg_stat_statements")
    from tests.waiting import eventually

    with aliased(postgres_pair.replica_url, "replica1"), django_db_blocker.unblock():
        eventually(lambda: read_statements("replica1").state is State.OK)
        assert read_statements("replica1").is_replica


def test_many_viewers_cost_one_reading(monkeypatch):
    from perfmon.databases.remembered import Remembered

    made: list[str] = []
    go = threading.Event()

    def slow(alias: str) -> str:
        made.append(alias)
        go.wait(5)
        return f"of {alias}"

    kept = Remembered(slow)
    viewers = [threading.Thread(target=kept.newest, args=("one",)) for _ in range(10)]
    for viewer in viewers:
        viewer.start()
    go.set()
    for viewer in viewers:
        viewer.join()
    assert kept.newest("one") == "of one"
    assert made == ["one"]
    assert kept.newest("two") == "of two"
    assert made == ["one", "two"]


def test_who_asks_first_waits_briefly_and_a_reading_that_fails_is_tried_again(monkeypatch):
    from perfmon import guard
    from perfmon.databases import remembered
    from perfmon.databases.remembered import Remembered
    from tests.waiting import eventually

    monkeypatch.setattr(remembered, "WAIT_S", 0.01)
    go = threading.Event()
    answers = iter(["broken", "whole"])

    def read(alias: str) -> str:
        answer = next(answers)
        go.wait(5)
        if answer == "broken":
            raise RuntimeError(answer)
        return answer

    kept = Remembered(read)
    assert kept.newest("one") is None
    go.set()
    eventually(lambda: kept.newest("one") == "whole")
    assert guard.failures["reading of a database"] >= 1
