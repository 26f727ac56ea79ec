"""The cluster profile's PostgreSQL: real servers on sockets, damaged in every way that a replica has to get over."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from omniwriter.stack import postgres
from omniwriter.stack.cluster import MAX_CONNECTIONS, PORT, Cluster
from omniwriter.stack.errors import StackError
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Service, run
from omniwriter.stack.supervisor import Member, State, Supervisor
from omniwriter.stack.view import LineView
from tests.fixtures.site import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)


class Running:
    """A cluster under a supervisor, and what a test does to it."""

    def __init__(self, cluster: Cluster, supervisor: Supervisor) -> None:
        self.cluster, self.supervisor = cluster, supervisor
        supervisor.start([quick(cluster.primary())])
        cluster.prepare_database()
        supervisor.start(quick(replica) for replica in cluster.replicas(root=ROOT))

    def member(self, name: str) -> Member:
        return next(member for member in self.supervisor.members if member.service.name == name)

    def kill(self, name: str) -> None:
        """Kill a server as ``kill -9`` does."""
        self.wait_for(State.READY, name=name)
        running = self.member(name).running
        assert running
        os.kill(running.child.pid, signal.SIGKILL)

    def wait_for(self, *states: State, name: str) -> None:
        """Wait until a server has been in these states, one after another."""
        member = self.member(name)
        for state in states:
            eventually(lambda wanted=state: self.supervisor.step() or member.state is wanted, within_s=40)

    def write(self, word: str) -> None:
        """Write a word to the primary."""
        with psycopg.connect(self.cluster.url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
            connection.execute("INSERT INTO words VALUES (%s)", [word])

    def reads(self, number: int, word: str) -> bool:
        """Tell whether a replica has a word."""
        with psycopg.connect(self.cluster.replica_urls[number - 1]) as connection:
            if connection.execute("SELECT to_regclass('words')").fetchone() == (None,):
                return False
            return connection.execute("SELECT FROM words WHERE word = %s", [word]).rowcount == 1


def quick(service: Service) -> Service:
    """Return a server that spares the disk, though not its commits, and is repaired after a second without work."""
    options = (f"--{key}={value}" for key, value in postgres.UNSAFE.items() if key != "synchronous_commit")
    repair = service.repair and replace(service.repair, unwell_s=1.0)
    return replace(service, command=(*service.command, *options), repair=repair)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("cluster")
    cluster = Cluster(folder / "postgres")
    cluster.prepare()
    with Tree() as own, pytest.MonkeyPatch.context() as patch:
        patch.setattr("omniwriter.stack.supervisor.BACK_OFF_S", 0.1)
        patch.setattr("omniwriter.stack.probe.ASK_S", 0.3)
        supervisor = Supervisor(own, folder, LineView())
        made = Running(cluster, supervisor)
        for name in ("replica-1", "replica-2"):
            made.wait_for(State.READY, name=name)
        yield made
        supervisor.stop()


def test_what_is_written_to_the_primary_is_read_from_both_replicas(running: Running) -> None:
    running.write("hello")

    eventually(lambda: running.reads(1, "hello") and running.reads(2, "hello"))


def test_the_projects_role_is_no_superuser_and_sees_the_statistics(running: Running) -> None:
    with psycopg.connect(running.cluster.url) as connection:
        role = "SELECT rolsuper, pg_has_role('pg_read_all_stats', 'member') FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(role).fetchone() == (False, True)
        assert connection.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone() == (True,)
        assert connection.execute("SHOW max_connections").fetchone() == (str(MAX_CONNECTIONS),)


def test_a_server_listens_on_a_socket_that_only_this_account_reaches(running: Running) -> None:
    address = running.cluster.primary().listens
    assert isinstance(address, Path)

    assert address.stat().st_mode & 0o777 == 0o700
    assert address.parent.stat().st_mode & 0o777 == 0o700
    with psycopg.connect(running.cluster.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_preparing_the_database_again_changes_nothing(running: Running) -> None:
    running.write("kept")
    running.cluster.prepare_database()

    eventually(lambda: running.reads(1, "kept"))


def test_a_killed_primary_recovers_and_is_followed_again(running: Running) -> None:
    running.write("before the kill")
    running.kill("primary")
    running.wait_for(State.RESTARTING, State.READY, name="primary")
    running.write("after the kill")

    eventually(lambda: running.reads(1, "before the kill") and running.reads(1, "after the kill"), within_s=20)
    assert running.member("replica-1").state is State.READY


@pytest.mark.parametrize("damage", ["log", "folder", "signal"])
def test_a_replica_with_damaged_data_is_copied_anew(running: Running, damage: str) -> None:
    folder = running.cluster.folder / "replica-1"
    restarts = running.member("replica-2").restarts
    running.kill("replica-1")
    eventually(lambda: not postgres.processes_in(folder))
    {
        "log": lambda: shutil.rmtree(folder / "pg_wal"),
        "folder": lambda: shutil.rmtree(folder),
        "signal": (folder / "standby.signal").unlink,
    }[damage]()
    running.wait_for(State.REPAIRING, State.READY, name="replica-1")
    running.write(damage)

    eventually(lambda: running.reads(1, damage))
    assert running.member("replica-2").restarts == restarts


def test_a_replica_whose_place_in_the_log_is_lost_is_copied_anew_while_it_runs(running: Running) -> None:
    with running.cluster.connect("postgres") as connection:
        slot = "FROM pg_replication_slots WHERE slot_name = 'replica_2'"
        connection.execute(f"SELECT pg_terminate_backend(active_pid, 5000) {slot}")
        eventually(lambda: dropped(connection, slot))
    running.wait_for(State.REPAIRING, State.READY, name="replica-2")
    running.write("found again")

    eventually(lambda: running.reads(2, "found again"))


def dropped(connection: psycopg.Connection[tuple[object, ...]], slot: str) -> bool:
    """Try to drop a slot; its replica may have just taken it again."""
    try:
        connection.execute(f"SELECT pg_drop_replication_slot(slot_name) {slot}")
    except psycopg.errors.ObjectInUse:
        connection.execute(f"SELECT pg_terminate_backend(active_pid) {slot}")
        return False
    return True


def test_a_replica_of_another_primary_is_none_of_ours(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    for name in ("primary", "replica-1"):
        postgres.initialise(tmp_path / name)
    (tmp_path / "replica-1" / "standby.signal").touch()
    repair = cluster.replicas(root=ROOT)[0].repair
    assert repair

    assert repair.broken()
    shutil.copytree(tmp_path / "primary", tmp_path / "replica-1", dirs_exist_ok=True)
    assert not repair.broken()


def test_a_replica_is_not_blamed_when_the_primary_can_not_be_asked(tmp_path: Path) -> None:
    repair = Cluster(tmp_path).replicas(root=ROOT)[0].repair
    assert repair

    assert repair.well()


def test_data_of_another_version_is_told_with_what_to_do(tmp_path: Path) -> None:
    postgres.initialise(tmp_path / "primary")
    (tmp_path / "primary" / "PG_VERSION").write_text("9\n")

    with pytest.raises(StackError, match=r"was made by PostgreSQL 9, and the installed one is \d+.*pg_dump"):
        Cluster(tmp_path).prepare()


def test_a_lock_that_names_a_process_of_somebody_else_does_not_keep_the_primary_from_starting(
    tmp_path: Path, tree: Tree
) -> None:
    cluster = Cluster(tmp_path)
    cluster.prepare()
    lock = f"{os.getppid()}\n{tmp_path / 'primary'}\n1\n{PORT}\n{tmp_path}\n\n0 0\nready\n"
    (tmp_path / "primary" / "postmaster.pid").write_text(lock)
    (tmp_path / f".s.PGSQL.{PORT}.lock").write_text(lock)
    cluster.prepare()

    with run(quick(cluster.primary()), tmp_path / "log", tree), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(cluster.primary().listens))


def test_the_addresses_lead_django_and_libpq_to_the_same_place(running: Running) -> None:
    from omniwriter.settings import database

    config = database(running.cluster.url)

    assert (config["NAME"], config["USER"]) == ("omniwriter", "omniwriter")
    assert (config["HOST"], config["PORT"]) == (str(running.cluster.sockets), PORT)
    assert "host" not in config["OPTIONS"]
