"""The live stream of a job: on Valkey, in memory, and while Valkey is away."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from contextlib import aclosing
from typing import Any

import pytest
import redis

from articles.generation import stream, tape_memory, tape_valkey
from articles.generation.stream import Stream, follow, listen, read
from articles.generation.tape import TapeAwayError, get_tape, is_seq, order
from tests.articles.generation.streams import Teller
from tests.fixtures.servers import MortalValkey
from tests.waiting import eventually

JOB = 7


@pytest.fixture
def mortal(mortal_valkey: MortalValkey, settings: Any) -> MortalValkey:
    """A Valkey that keeps nothing and may be killed, as the place of all streams."""
    settings.REDIS_URL = mortal_valkey.url
    return mortal_valkey


def said(after: str = "") -> list[str]:
    """What was said, with snapshots in brackets."""
    events = [event for _seq, event in read(JOB, after)]
    return [event.get("text") or f"({event['sections'][0]['text']})" for event in events if event["type"] != "end"]


def test_what_was_said_is_read_in_order_after_any_point(kept: str) -> None:
    teller = Teller(JOB)
    for words in ("a", "b", "c"):
        teller.say(words)
    numbers = [seq for seq, _event in read(JOB)]

    assert said() == ["(a)", "a", "b", "c"]  # a new stream begins with the whole
    assert [said(seq) for seq in numbers] == [["a", "b", "c"], ["b", "c"], ["c"], []]
    assert all(map(is_seq, numbers))
    assert sorted(numbers, key=order) == numbers
    assert (said("0-0"), read(JOB + 1)) == (said(), [])


def test_a_second_writer_goes_on_where_the_first_one_was(kept: str) -> None:
    Teller(JOB).say("a")
    Teller(JOB).say("b")

    assert said() == ["(a)", "a", "b"]


def test_a_stream_that_is_gone_begins_again_with_the_whole_above_the_last_number(kept: str) -> None:
    teller = Teller(JOB)
    teller.say("a")
    last = read(JOB)[-1][0]
    forget_all(kept)

    teller.say("b")

    assert said(last) == ["(ab)", "b"]
    assert teller.stream.dropped == 0


def forget_all(kept: str) -> None:
    if kept == "valkey":
        client = get_tape()._client
        client.flushall()
        now_ms = client.time()[1] // 1000
        eventually(lambda: client.time()[1] // 1000 != now_ms)  # no server starts within a millisecond
    else:
        get_tape()._tapes.clear()


async def test_a_follower_hears_what_was_and_what_comes_until_the_end(kept: str) -> None:
    teller = Teller(JOB)
    teller.say("a")
    heard: list[Any] = []

    async def hear() -> None:
        async for _seq, event in follow(JOB):
            heard.append(event)

    hearing = asyncio.create_task(hear())
    while len(heard) < 2:
        await asyncio.sleep(0.005)
    thread = threading.Thread(target=lambda: [teller.say("b"), teller.end(article_id=3)])
    thread.start()
    await asyncio.wait_for(hearing, 5)
    thread.join()

    assert [event["type"] for event in heard] == ["snapshot", "text", "text", "end"]
    assert heard[-1] == {"type": "end", "status": "succeeded", "article_id": 3}


async def test_followers_of_one_job_hear_nothing_of_another(kept: str) -> None:
    Teller(JOB + 1).say("z")
    teller = Teller(JOB)
    teller.say("a")
    teller.end()

    assert [event["type"] async for _seq, event in follow(JOB)] == ["snapshot", "text", "end"]


async def test_silence_is_told(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tape_memory, tape_valkey):
        monkeypatch.setattr(module, "SILENCE_S", 0.01)
    async with aclosing(listen(JOB)) as heard:
        assert await anext(heard) is None


def test_threads_may_share_a_stream(kept: str) -> None:
    teller = Teller(JOB)
    numbers = itertools.count()

    def talk() -> None:
        for _ in range(50):
            teller.stream.append({"type": "note", "text": str(next(numbers))})

    threads = [threading.Thread(target=talk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(int, said()[1:])) == list(range(200))


def test_only_the_newest_are_kept(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tape_memory, tape_valkey):
        monkeypatch.setattr(module, "MAX_ENTRIES", 100)
    teller = Teller(JOB)
    for number in range(1000):
        teller.say(str(number % 10))

    kept_now = len(read(JOB))
    assert 100 <= kept_now < 400  # Valkey lets go of whole nodes of a hundred
    assert said()[-1] == "9"


def test_a_stream_is_kept_for_a_day_and_an_hour_after_its_end(valkey_url: str, settings: Any) -> None:
    settings.REDIS_URL = valkey_url
    key = f"{settings.CACHES['default']['KEY_PREFIX']}:generation:{JOB}"
    teller = Teller(JOB)
    with redis.Redis.from_url(valkey_url) as client:
        teller.say("a")
        assert 86_000 < client.ttl(key) <= 86_400
        client.persist(key)
        teller.say("b")
        assert client.ttl(key) == -1  # said once, not with each word
        teller.end()
        assert 3_500 < client.ttl(key) <= 3_600
        Teller(JOB).say("again")  # a job that was tried again
        assert client.ttl(key) > 86_000


def test_memory_forgets_what_is_past_its_time_and_the_oldest_of_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = tape_memory.MemoryTape()
    memory.add(1, [b"{}"], begins=True, keep_s=-1)
    assert memory.since(1, "") == []

    monkeypatch.setattr(tape_memory, "MAX_TAPES", 3)
    for job_id in range(5):
        memory.add(job_id, [b"{}"], begins=True, keep_s=60)
    assert [job_id for job_id in range(5) if memory.since(job_id, "")] == [2, 3, 4]


def test_a_writer_goes_on_while_valkey_is_away_and_then_tells_all(mortal: MortalValkey) -> None:
    teller = Teller(JOB)
    teller.say("a")
    mortal.kill()

    for words in ("b", "c", "d"):
        teller.say(words)
    assert teller.stream.dropped == 3
    assert teller.asked == 1  # the database is not asked for what can't be told

    mortal.start()
    eventually(lambda: not get_tape().is_away())
    teller.say("e")
    assert said() == ["(abcde)", "e"]
    assert teller.stream.dropped == 3


def test_reading_while_valkey_is_away_says_so(mortal: MortalValkey) -> None:
    mortal.kill()

    with pytest.raises(TapeAwayError, match="can't be reached"):
        read(JOB)
    with pytest.raises(TapeAwayError, match="a moment ago"):
        read(JOB)


async def test_a_follower_waits_out_a_valkey_that_is_away(mortal: MortalValkey) -> None:
    teller = Teller(JOB)
    await asyncio.to_thread(teller.say, "a")
    heard: list[Any] = []
    async with aclosing(listen(JOB)) as hearing:
        while len(heard) < 2:
            heard.append(await anext(hearing))
        await asyncio.to_thread(mortal.kill)
        assert await anext(hearing) is None
        await asyncio.to_thread(mortal.start)
        await asyncio.to_thread(eventually, lambda: not get_tape().is_away())
        await asyncio.to_thread(teller.say, "b")
        while len(heard) < 4:
            if (numbered := await anext(hearing)) is not None:
                heard.append(numbered)

    assert [event["type"] for _seq, event in heard] == ["snapshot", "text", "snapshot", "text"]
    assert heard[2][1]["sections"][0]["text"] == "ab"


def test_a_valkey_that_hangs_is_waited_for_once_in_a_second(
    mortal: MortalValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller = Teller(JOB)
    teller.say("a")
    tried: list[Any] = []
    execute = redis.client.Pipeline.execute
    monkeypatch.setattr(redis.client.Pipeline, "execute", lambda *args: [tried.append(args), execute(*args)][1])
    with redis.Redis.from_url(mortal.url) as other:
        other.execute_command("CLIENT", "PAUSE", 3000, "ALL")

    for words in ("b", "c", "d"):
        teller.say(words)

    assert (len(tried), teller.stream.dropped) == (1, 3)


def test_what_cannot_be_written_is_counted_and_made_good(kept: str) -> None:
    teller = Teller(JOB)
    teller.say("a")
    before = stream.dropped.count
    teller.stream.append({"type": "note", "text": object()})

    assert (teller.stream.dropped, stream.dropped.count - before) == (1, 1)
    teller.say("b")
    assert said() == ["(a)", "a", "(ab)", "b"]


def test_a_whole_that_fails_fails_nobody(kept: str) -> None:
    def broken() -> Any:
        raise RuntimeError("the database is away")

    writer = Stream(JOB, broken)
    writer.append({"type": "note"})

    assert (writer.dropped, read(JOB)) == (1, [])


def test_a_process_that_forks_writes_on_connections_of_its_own(valkey_url: str, settings: Any) -> None:
    settings.REDIS_URL = valkey_url
    teller = Teller(JOB)
    teller.say("a")
    child = os.fork()
    if child == 0:
        teller.say("b")
        os._exit(teller.stream.dropped)
    assert os.waitpid(child, 0)[1] == 0
    teller.say("c")

    assert said() == ["(a)", "a", "b", "c"]
