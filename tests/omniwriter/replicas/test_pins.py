"""Nobody is shown the time before their own last write, and nobody is kept on the primary for longer than that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from omniwriter.replicas import marks, monitor, pins
from omniwriter.replicas.lsn import format_lsn, parse_lsn
from omniwriter.replicas.middleware import COOKIE
from omniwriter.settings import valkey_database
from tests.fixtures.servers import MortalValkey
from tests.waiting import eventually

from .conftest import Cluster

REPLICAS = {"replica1", "replica2"}


@pytest.fixture(autouse=True)
def pinned(settings: Any) -> None:
    """A project that is nothing but these views."""
    settings.ROOT_URLCONF = "tests.omniwriter.replicas.urls_pinned"
    settings.MIDDLEWARE = ["omniwriter.replicas.middleware.PinMiddleware"]


@pytest.fixture
def held_up(cluster: Cluster) -> Cluster:
    """Replicas in the rotation that replay nothing from now on."""
    cluster.wait_live()
    for one in cluster.replicas:
        one.pause(True)
    return cluster


@pytest.fixture
def on_valkey(settings: Any, valkey_url: str) -> Iterator[str]:
    """Marks on Valkey."""
    use_valkey(settings, valkey_url)
    marks._away_until = float("-inf")
    yield valkey_url
    marks._away_until = float("-inf")


def use_valkey(settings: Any, url: str) -> None:
    """Have the sessions' cache on a Valkey."""
    location = valkey_database(url, 3)
    settings.CACHES = settings.CACHES | {"sessions": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": location}}


def answer(client: Client, path: str, **headers: str) -> Any:
    """Ask for a page and return what its JSON says."""
    return client.get(path, headers=headers).json()


def test_a_browser_reads_what_it_wrote_and_others_read_from_replicas(held_up: Cluster) -> None:
    writer, other = Client(), Client()

    where = answer(writer, "/write?name=mine")

    assert where["before"] in REPLICAS
    assert where["after"] == "default"
    assert answer(writer, "/read?name=mine") == {"found": True, "db": "default", "again": "default"}
    assert not answer(other, "/read?name=mine")["found"]
    cookie = writer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_what_is_written_past_the_router_counts_too(held_up: Cluster) -> None:
    writer = Client()

    writer.get("/write/raw?name=mine")

    assert answer(writer, "/read?name=mine")["found"]


def test_a_browser_returns_to_the_replicas_once_they_have_its_write_and_its_cookie_goes(held_up: Cluster) -> None:
    writer = Client()
    writer.get("/write?name=mine")
    wanted = parse_lsn(writer.cookies[COOKIE].value.partition(":")[0])
    for one in held_up.replicas:
        one.pause(False)
    eventually(lambda: monitor.rotation.all_replayed(wanted))

    seen = answer(writer, "/read?name=mine")

    assert seen["db"] in REPLICAS
    assert seen["found"]
    assert writer.cookies[COOKIE].value == ""


def test_a_replica_that_has_the_write_serves_its_writer_while_the_other_has_not(held_up: Cluster) -> None:
    writer = Client()
    writer.get("/write?name=mine")
    wanted = parse_lsn(writer.cookies[COOKIE].value.partition(":")[0])
    held_up.replicas[1].pause(False)
    eventually(lambda: monitor.rotation.replicas["replica2"].replayed >= wanted)

    assert answer(writer, "/read?name=mine") == {"found": True, "db": "replica2", "again": "replica2"}
    assert writer.cookies[COOKIE].value != ""


@pytest.mark.parametrize("value", ["FFFFFFFF/FFFFFFFF", "FFFFFFFF/FFFFFFFF:forged", "nonsense", ""])
def test_a_cookie_that_is_not_ours_says_nothing(cluster: Cluster, value: str) -> None:
    cluster.wait_live()
    client = Client()
    client.cookies[COOKIE] = value

    assert answer(client, "/read?name=x")["db"] in REPLICAS


def test_an_answer_that_others_may_get_takes_no_cookie_away(cluster: Cluster) -> None:
    cluster.wait_live()
    writer = Client()
    writer.get("/write?name=mine")
    eventually(lambda: monitor.rotation.all_replayed(parse_lsn(writer.cookies[COOKIE].value.partition(":")[0])))

    assert COOKIE not in writer.get("/public").cookies
    assert COOKIE in writer.get("/read?name=mine").cookies


def test_a_request_reads_from_one_replica_and_the_next_request_from_another(cluster: Cluster) -> None:
    cluster.wait_live()
    seen = [answer(Client(), "/read?name=x") for _ in range(8)]

    assert all(one["db"] == one["again"] for one in seen)
    assert {one["db"] for one in seen} == REPLICAS


def test_the_admin_is_the_primarys(cluster: Cluster) -> None:
    cluster.wait_live()

    assert answer(Client(), "/office/groups/?name=x")["db"] == "default"
    assert answer(Client(), "/read?name=x")["db"] in REPLICAS


def test_a_token_reads_what_it_wrote_whichever_client_sends_it(held_up: Cluster, on_valkey: str) -> None:
    first = Client().get("/write?name=mine", headers={"Authorization": "Bearer a"})

    assert COOKIE not in first.cookies
    assert answer(Client(), "/read?name=mine", Authorization="Bearer a")["found"]
    stranger = answer(Client(), "/read?name=mine", Authorization="Bearer b")
    assert not stranger["found"]
    assert stranger["db"] in REPLICAS


def test_a_token_is_the_primarys_while_valkey_is_away(
    cluster: Cluster, settings: Any, mortal_valkey: MortalValkey, on_valkey: str
) -> None:
    cluster.wait_live()
    use_valkey(settings, mortal_valkey.url)
    assert answer(Client(), "/read?name=x", Authorization="Bearer a")["db"] in REPLICAS

    mortal_valkey.kill()

    assert answer(Client(), "/read?name=x", Authorization="Bearer a")["db"] == "default"
    assert answer(Client(), "/read?name=x")["db"] in REPLICAS


def test_a_session_sees_what_is_committed_in_its_name_elsewhere(held_up: Cluster, on_valkey: str) -> None:
    browser = Client()
    browser.cookies["sessionid"] = "abc"
    with pins.working(pins.Work(owner=marks.owner_of("session", "abc"))):
        Group.objects.create(name="made by a task")

    assert answer(browser, "/read?name=made by a task")["found"]


def test_a_mark_is_there_before_the_callbacks_that_tell_others_to_look(cluster: Cluster, on_valkey: str) -> None:
    cluster.wait_live()
    owner, told = marks.owner_of("session", "abc"), []
    with pins.working(pins.Work(owner=owner)), transaction.atomic():
        Group.objects.create(name="x")
        transaction.on_commit(lambda: told.append(marks.get_mark(owner)))

    assert told[0] > 0


def test_a_callback_of_the_commit_is_told_a_place_after_it(cluster: Cluster) -> None:
    cluster.wait_live()

    told = answer(Client(), "/committed?name=x")

    assert told["told"] == [told["after"]]
    lsn = parse_lsn(told["after"])
    eventually(lambda: monitor.rotation.all_replayed(lsn))
    assert Group.objects.using("replica1").filter(name="x").exists()


def test_the_log_is_asked_once_a_commit(cluster: Cluster) -> None:
    cluster.wait_live()
    with pins.working(pins.Work(whole=True)):
        assert pins.last_commit() is None
        Group.objects.create(name="x")
        with CaptureQueriesContext(connections["default"]) as queries:
            places = {pins.last_commit() for _ in range(3)}
        assert len(queries) == 1
        Group.objects.create(name="y")
        assert parse_lsn(str(pins.last_commit())) > parse_lsn(str(places.pop()))


def test_a_thread_of_its_own_reads_from_replicas_again_once_they_have_its_write(held_up: Cluster) -> None:
    Group.objects.create(name="mine")

    assert Group.objects.filter(name="mine").db == "default"
    for one in held_up.replicas:
        one.pause(False)
    eventually(lambda: Group.objects.filter(name="mine").db in REPLICAS)
    assert all(Group.objects.filter(name="mine").exists() for _ in range(4))


def test_one_threads_write_keeps_no_other_thread_on_the_primary(held_up: Cluster) -> None:
    Group.objects.create(name="mine")
    used: list[str] = []

    thread = threading.Thread(target=lambda: used.append(Group.objects.filter(name="x").db))
    thread.start()
    thread.join()

    assert used[0] in REPLICAS


def test_what_must_be_seen_is_read_where_it_was_replayed(held_up: Cluster) -> None:
    with pins.working(pins.Work()):
        Group.objects.create(name="mine")
        lsn = pins.last_commit()

    with pins.seen_after(lsn):
        assert Group.objects.filter(name="mine").db == "default"
        with pins.seen_after(None):
            assert Group.objects.filter(name="mine").db == "default"
    assert Group.objects.filter(name="mine").db in REPLICAS
    for one in held_up.replicas:
        one.pause(False)
    eventually(lambda: monitor.rotation.all_replayed(parse_lsn(str(lsn))))
    with pins.seen_after(lsn):
        assert Group.objects.filter(name="mine").db in REPLICAS


def test_without_replicas_there_is_nothing_to_tell(db: None) -> None:
    Group.objects.create(name="x")

    assert pins.last_commit() is None
    with pins.seen_after("0/1"):
        assert Group.objects.filter(name="x").exists()


@pytest.mark.parametrize("text", ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"])
def test_a_place_is_written_as_postgresql_does(text: str) -> None:
    assert format_lsn(parse_lsn(text)) == text


@pytest.mark.parametrize("text", ["", "1", "x/1", "123456789/0", "1/"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"place|int\(\)"):
        parse_lsn(text)
