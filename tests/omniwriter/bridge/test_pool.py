"""The pool: every job's end reaches the loop, none is refused too early or too late."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextvars import ContextVar

import pytest

from omniwriter.bridge.pool import SWITCH_S, PoolFullError, ThreadPool
from tests.waiting import eventually


async def test_every_result_comes_back_however_many_end_at_once() -> None:
    pool = ThreadPool(8, 20_000)

    results = await asyncio.gather(*(pool.run(lambda number=number: number) for number in range(20_000)))

    assert results == list(range(20_000))
    assert pool.taken == 0


async def test_an_error_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise KeyError("of the job")

    with pytest.raises(KeyError, match="of the job"):
        await ThreadPool(1, 1).run(fail)


async def test_as_many_wait_as_may_wait_and_room_comes_back() -> None:
    pool, release = ThreadPool(2, 3), threading.Event()
    waiting = [asyncio.ensure_future(pool.run(release.wait)) for _ in range(5)]
    await asyncio.sleep(0)

    with pytest.raises(PoolFullError):
        await pool.run(release.wait)
    release.set()
    await asyncio.gather(*waiting)

    assert await pool.run(lambda: "room") == "room"


async def test_who_is_cancelled_frees_its_place_when_the_job_ends() -> None:
    pool, release = ThreadPool(1, 0), threading.Event()
    waiting = asyncio.ensure_future(pool.run(release.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    with pytest.raises(PoolFullError):
        await pool.run(release.wait)
    release.set()
    while pool.taken:
        await asyncio.sleep(0.001)
    assert await pool.run(lambda: "room") == "room"


def test_one_pool_serves_one_loop_after_the_other() -> None:
    pool = ThreadPool(1, 1)

    async def once() -> str:
        result: str = await pool.run(lambda: "served")
        return result

    assert [asyncio.run(once()) for _ in range(3)] == ["served"] * 3


async def test_jobs_see_what_was_prepared_in_their_thread_but_nothing_of_each_other() -> None:
    prepared: ContextVar[str] = ContextVar("prepared", default="missing")
    left: ContextVar[str] = ContextVar("left", default="nothing")
    pool = ThreadPool(1, 1, prepare=lambda: prepared.set(threading.current_thread().name))

    def job() -> tuple[str, str]:
        found = prepared.get(), left.get()
        left.set("something")
        prepared.set("changed")
        return found

    assert [await pool.run(job) for _ in range(2)] == [("http", "nothing")] * 2


async def test_a_thread_left_to_others_is_replaced_and_disposed_of() -> None:
    disposed: list[str] = []
    release = threading.Event()
    pool = ThreadPool(1, 1, extra=1, dispose=lambda: disposed.append(threading.current_thread().name))

    def stay() -> None:
        with pool.left_to_others():
            release.wait()

    staying = asyncio.ensure_future(pool.run(stay))
    assert await asyncio.wait_for(pool.run(lambda: "served meanwhile"), 5) == "served meanwhile"
    release.set()
    await staying

    await asyncio.to_thread(eventually, lambda: disposed == ["http"])
    assert await pool.run(lambda: "served after") == "served after"


async def test_threads_that_compute_keep_the_interpreter_for_longer() -> None:
    pool = ThreadPool(1, 1)

    assert await pool.run(sys.getswitchinterval) == pytest.approx(SWITCH_S)
