"""Those who watch a job: everything once and in order, however late they come and however often they are cut off."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.utils import timezone

from articles.enums import GenerationKind, GenerationStatus
from articles.generation import drawing, tape_memory, tape_valkey, viewer, watch
from articles.generation.jobs import job_cancel
from articles.generation.tape import get_tape
from articles.generation.viewers import Viewers
from articles.models import GenerationJob
from tests.articles.generation.streams import Teller
from tests.articles.generation.watching import Onlooker, close_connections_of_threads
from tests.fixtures.servers import MortalValkey
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _no_connections_left(transactional_db: None) -> Iterator[None]:
    yield
    close_connections_of_threads()


@pytest.fixture(autouse=True)
def _short_silences(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tape_memory, tape_valkey):
        monkeypatch.setattr(module, "SILENCE_S", 0.1)


@pytest_asyncio.fixture
async def job(transactional_db: None) -> GenerationJob:
    """A job that is being written."""
    owner = await User.objects.acreate(username="clarice")
    return await GenerationJob.objects.acreate(
        kind=GenerationKind.ARTICLE, owner=owner, status=GenerationStatus.STREAMING, parameters={"title": "Compost"}
    )


@pytest.fixture
def teller(job: GenerationJob) -> Teller:
    """Who writes it."""
    return Teller(job.pk)


@pytest_asyncio.fixture
async def viewers() -> AsyncIterator[Viewers]:
    """Those who watch; in the end nobody is left."""
    found = Viewers()
    yield found
    async with asyncio.timeout(5):
        while found.watched or watching_tasks():
            await asyncio.sleep(0.005)


def watching_tasks() -> list[asyncio.Task[Any]]:
    """What runs for those who watch."""
    return [task for task in asyncio.all_tasks() if "Watch." in repr(task.get_coro())]


async def end_row(job: GenerationJob, **changes: Any) -> None:
    """End a job as its runner does."""
    values = {"status": GenerationStatus.SUCCEEDED, "finished_at": timezone.now(), **changes}
    await GenerationJob.objects.filter(pk=job.pk).aupdate(**values)


async def test_a_viewer_gets_all_there_is_and_then_every_word_once(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers
) -> None:
    for words in ("a", "b"):
        teller.say(words)
    early = Onlooker(viewers, job.pk)
    await early.until(lambda onlooker: onlooker.words)
    teller.say("c")
    await early.until(lambda onlooker: onlooker.words[-1] == "c")
    late = Onlooker(viewers, job.pk)
    await late.until(lambda onlooker: onlooker.words)
    teller.say("d")
    teller.end()
    await early.end()
    await late.end()

    assert early.words == ["(ab)", "c", "d"]
    assert late.words == ["(abc)", "d"]
    assert early.events[0]["urls"]["events"] == f"/events/generation/{job.pk}"
    assert early.events[0]["sections"][0]["html"] == "<p>ab</p>\n"


async def test_who_comes_back_gets_what_he_missed(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers
) -> None:
    teller.say("a")
    first = Onlooker(viewers, job.pk)
    await first.until(lambda onlooker: onlooker.words)
    teller.say("b")
    await first.until(lambda onlooker: onlooker.words[-1] == "b")
    last = await first.leave()
    for words in ("c", "d"):
        teller.say(words)

    again = Onlooker(viewers, job.pk, last)
    await again.until(lambda onlooker: len(onlooker.words) == 2)
    teller.say("e")
    teller.end()
    await again.end()

    assert again.words == ["c", "d", "e"]


async def test_who_comes_back_after_the_end_gets_the_rest(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers
) -> None:
    teller.say("a")
    first = Onlooker(viewers, job.pk)
    await first.until(lambda onlooker: onlooker.words)
    last = await first.leave()
    teller.say("b")
    teller.end()
    await end_row(job)

    again = Onlooker(viewers, job.pk, last)
    await again.end()

    assert again.kinds == ["text", "end"]


async def test_nobody_goes_on_from_before_a_snapshot(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers
) -> None:
    teller.say("a")
    first = Onlooker(viewers, job.pk)
    await first.until(lambda onlooker: onlooker.words)
    last = await first.leave()
    teller.text = "another "
    teller.stream.append(teller.whole())
    teller.say("b")

    again = Onlooker(viewers, job.pk, last)
    await again.until(lambda onlooker: onlooker.words)
    await again.leave()

    assert again.words == ["(another b)"]


@pytest.mark.parametrize("after", ["1-1", "99999999999999-0"])
async def test_who_comes_back_with_a_number_that_is_gone_gets_all(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, after: str
) -> None:
    teller.say("a")
    teller.end()
    await end_row(job)

    again = Onlooker(viewers, job.pk, after)
    await again.end()

    assert again.kinds == ["snapshot", "end"]


async def test_a_job_whose_stream_is_gone_is_told_by_its_row(kept: str, job: GenerationJob, viewers: Viewers) -> None:
    await end_row(job, state={"sections": [{"title": "One", "text": "Kept *words*."}]})

    late = Onlooker(viewers, job.pk)
    await late.end()

    assert late.kinds == ["snapshot", "end"]
    assert late.events[0]["text"] == "## One\n\nKept *words*."
    assert late.events[1]["status"] == "succeeded"


async def test_an_end_that_was_lost_is_found_in_the_row(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers
) -> None:
    teller.say("a")
    onlooker = Onlooker(viewers, job.pk)
    await onlooker.until(lambda onlooker: onlooker.words)
    await end_row(job, state={"sections": [{"title": "", "text": "abc"}]})

    await onlooker.end()

    assert onlooker.words == ["(a)", "(abc)"]


async def test_a_cancelled_job_that_nobody_had_ends_for_its_viewers(
    kept: str, job: GenerationJob, viewers: Viewers
) -> None:
    await GenerationJob.objects.filter(pk=job.pk).aupdate(status=GenerationStatus.QUEUED)
    onlooker = Onlooker(viewers, job.pk)
    await onlooker.until(lambda onlooker: onlooker.events)

    assert await sync_to_async(job_cancel)(job_id=job.pk)
    await onlooker.end()

    assert onlooker.events[-1]["status"] == "cancelled"


async def test_who_waits_is_told_that_he_moved_up(kept: str, job: GenerationJob, viewers: Viewers) -> None:
    await GenerationJob.objects.filter(pk=job.pk).aupdate(status=GenerationStatus.QUEUED)
    mine = await GenerationJob.objects.acreate(kind=GenerationKind.ARTICLE, owner_id=job.owner_id)
    onlooker = Onlooker(viewers, mine.pk)
    await onlooker.until(lambda onlooker: onlooker.events)

    await end_row(job)
    await onlooker.until(lambda onlooker: onlooker.events[-1]["position"]["place"] == 1)
    await onlooker.leave()

    assert [event["position"]["place"] for event in onlooker.events] in ([2, 1], [2, 2, 1])


async def test_a_reader_who_does_not_read_gets_the_whole_in_place_of_a_pile(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer, "MOST_WAITING", 5)
    teller.say("a")
    other = Onlooker(viewers, job.pk)
    async with viewers.watching(job.pk) as take:
        assert (await take()).event["type"] == "snapshot"
        for number in range(9):
            teller.say(str(number))
            await other.until(lambda onlooker, number=number: onlooker.words[-1:] == [str(number)])
        teller.end()
        await other.end()
        whole, end = await take(), await take()

    assert (whole.event["type"], whole.event["text"], end.is_end) == ("snapshot", "a012345678", True)
    assert other.words == ["(a)", *"012345678"]


async def test_one_reader_serves_all_and_stops_when_nobody_watches(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[int] = []
    listen = watch.listen
    monkeypatch.setattr(watch, "listen", lambda *args: [readers.append(1), listen(*args)][1])
    teller.say("a")
    onlookers = [Onlooker(viewers, job.pk) for _ in range(50)]
    for onlooker in onlookers:
        await onlooker.until(lambda onlooker: onlooker.words)
    teller.say("b")
    for onlooker in onlookers:
        await onlooker.until(lambda onlooker: len(onlooker.words) == 2)

    assert len(readers) == 1
    assert len({id(onlooker.frames[1]) for onlooker in onlookers}) == 1  # encoded once
    for onlooker in onlookers:
        await onlooker.leave()
    assert viewers.watched == set()
    async with asyncio.timeout(5):
        while watching_tasks():
            await asyncio.sleep(0.005)


async def test_the_section_comes_as_safe_html(kept: str, job: GenerationJob, teller: Teller, viewers: Viewers) -> None:
    teller.say("")
    onlooker = Onlooker(viewers, job.pk)
    await onlooker.until(lambda onlooker: onlooker.events)
    teller.say("*One* <script>alert(1)</script>")
    await onlooker.until(lambda onlooker: onlooker.frames[-1].html)
    await onlooker.leave()

    assert onlooker.frames[-1].html == "<p><em>One</em> &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"


async def test_a_long_section_is_drawn_less_often_than_it_grows(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LONG_CHARS", 3)
    onlooker = Onlooker(viewers, job.pk)
    await onlooker.until(lambda onlooker: onlooker.events)
    for number in range(20):
        teller.say(f"word{number} ")
    await onlooker.until(lambda onlooker: onlooker.frames[-1].html and "word19" in onlooker.frames[-1].html)
    await onlooker.leave()

    drawn = [frame for frame in onlooker.frames if frame.html]
    assert len(onlooker.words) == 20 + len([event for event in onlooker.events if event["type"] == "snapshot"])
    assert len(drawn) < 20
    assert drawn[-1].event["text"] == ""  # brings the HTML alone
    assert onlooker.played.text_of(1) == teller.text


async def test_who_comes_back_is_sent_what_he_missed_as_html_too(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers
) -> None:
    teller.say("*a* ")
    first = Onlooker(viewers, job.pk)
    await first.until(lambda onlooker: onlooker.words)
    last = await first.leave()
    teller.say("b ")  # nobody looks, so nothing is drawn
    teller.say("c")
    again = Onlooker(viewers, job.pk, last)
    await again.until(lambda onlooker: onlooker.frames and onlooker.frames[-1].html)
    await again.leave()

    assert again.words == ["b ", "c"]
    assert again.frames[-1].html == "<p><em>a</em> b c</p>\n"


async def test_nothing_is_drawn_for_programs(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "render_markdown", None)
    teller.say("a")
    onlooker = Onlooker(viewers, job.pk, wants_html=False)
    await onlooker.until(lambda onlooker: onlooker.words)
    teller.say("b")
    teller.end()
    await onlooker.end()

    assert {frame.html for frame in onlooker.frames} == {None}


async def test_a_whole_that_could_not_be_read_is_asked_for_again(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller.say("a")
    read = watch.snapshot_event
    monkeypatch.setattr(watch, "snapshot_event", broken)
    async with viewers.watching(job.pk) as take:
        for _ in range(2):
            with pytest.raises(OSError, match="away"):
                await take()
        monkeypatch.setattr(watch, "snapshot_event", read)
        assert (await take()).event["text"] == "a"


def broken(*_: Any) -> Any:
    """Fail as a database does that is away."""
    raise OSError("The database is away.")


async def test_after_a_failure_on_the_way_everybody_gets_the_whole(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "AFTER_FAILURE_S", 0.01)
    teller.say("a")
    onlooker = Onlooker(viewers, job.pk)
    await onlooker.until(lambda onlooker: onlooker.words)
    draw = drawing.Drawing.html_of
    monkeypatch.setattr(drawing.Drawing, "html_of", broken)
    teller.say("b")
    await onlooker.until(lambda onlooker: onlooker.words[-1] == "(ab)")
    monkeypatch.setattr(drawing.Drawing, "html_of", draw)
    teller.say("c")
    teller.end()
    await onlooker.end()

    assert onlooker.words == ["(a)", "(ab)", "c"]


async def test_a_job_that_is_not_there_is_told_so(kept: str, job: GenerationJob, viewers: Viewers) -> None:
    with pytest.raises(GenerationJob.DoesNotExist):
        async with viewers.watching(job.pk + 1):
            pass


async def test_a_job_that_is_tried_again_is_watched_again(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers
) -> None:
    teller.say("a")
    teller.end()  # and its row is open again
    again = Onlooker(viewers, job.pk)
    await again.until(lambda onlooker: onlooker.events)
    assert again.events[0]["status"] == "streaming"

    teller.say("b")
    teller.end()
    await again.end()

    assert again.words == ["(a)", "b"]


async def test_viewers_who_come_go_and_come_back_at_any_moment_have_the_whole_text(
    kept: str, job: GenerationJob, teller: Teller, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LONG_CHARS", 3)  # so that HTML comes alone all the time
    monkeypatch.setattr(drawing, "PAUSE_S", 0.005)
    chance = random.Random(5)

    async def restless() -> Onlooker:
        await asyncio.sleep(chance.uniform(0, 0.3))
        onlooker = Onlooker(viewers, job.pk)
        for _ in range(chance.randrange(4)):
            await onlooker.until(lambda onlooker: onlooker.events)
            await asyncio.sleep(chance.uniform(0, 0.1))
            if onlooker.is_done:
                break
            last, played = await onlooker.leave(), onlooker.played
            await asyncio.sleep(chance.uniform(0, 0.05))
            onlooker = Onlooker(viewers, job.pk, last)
            onlooker.played = played
        await onlooker.end()
        return onlooker

    everybody = asyncio.gather(*(restless() for _ in range(30)))
    for number in range(150):
        if number % 40 == 39:
            teller.trim(teller.text[:-7])
        teller.say(f"{number} ")
        await asyncio.sleep(0.002)
    teller.end()

    assert {onlooker.played.text_of(1) for onlooker in await everybody} == {teller.text}


async def test_viewers_go_on_after_valkey_was_killed_in_mid_stream(
    mortal_valkey: MortalValkey, settings: Any, job: GenerationJob, viewers: Viewers
) -> None:
    settings.REDIS_URL = mortal_valkey.url
    teller = Teller(job.pk)
    await asyncio.to_thread(teller.say, "a")
    onlooker = Onlooker(viewers, job.pk)
    await onlooker.until(lambda onlooker: onlooker.words)
    await asyncio.to_thread(mortal_valkey.kill)
    await asyncio.to_thread(teller.say, "b")
    await asyncio.to_thread(mortal_valkey.start)
    await asyncio.to_thread(eventually, lambda: not get_tape().is_away())
    await asyncio.to_thread(teller.say, "c")
    await asyncio.to_thread(teller.end)

    await onlooker.end()

    assert onlooker.played.text_of(1) == "abc"
    assert onlooker.words[:2] == ["(a)", "(abc)"]
