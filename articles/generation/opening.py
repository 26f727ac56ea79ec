"""How a watch begins, and how it looks after the row: in a thread, as both ask the database and Valkey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from articles.generation.events import Event
from articles.generation.jobs import end_of, snapshot_of
from articles.generation.payload import View, job_view
from articles.generation.playback import Playback, play
from articles.generation.stream import Numbered, read
from articles.generation.tape import START, TapeAwayError
from articles.models import GenerationJob
from articles.models.generation import OPEN_STATUSES


@dataclass(slots=True)
class Opened:
    """A job as it is now: its picture, what led to it as far as that is kept, and the number to listen on from."""

    played: Playback
    heard: list[Numbered]
    seq: str
    is_over: bool


def job_open(job_id: int) -> Opened:
    """Return a job as it is now; raises DoesNotExist."""
    heard = _heard(job_id)
    job = GenerationJob.objects.get(pk=job_id)  # after the stream: a job that is over by its row is over
    seq = heard[-1][0] if heard else START
    played = Playback()
    played.play(snapshot_of(job))
    if not job.is_open:
        if not heard or heard[-1][1]["type"] != "end":
            heard.append((seq, end_of(job)))
        played.play(heard[-1][1])
        return Opened(played, heard, seq, is_over=True)
    for _seq, event in heard:
        played.play(event)
    if played.is_over:  # it was tried again
        played.play({"type": "status", "status": job.status})
    return Opened(played, heard, seq, is_over=False)


def snapshot_event(job_id: int, picture: dict[str, Any]) -> Event:
    """Return the whole of a job as viewers are told it; ``picture`` is what its stream says beyond the row."""
    job = GenerationJob.objects.select_related("owner", "article", "batch").get(pk=job_id)
    return {"type": "snapshot", **job_view(job, picture)}


def live_view(job: GenerationJob) -> View:
    """Return a job's payload, of an open one with what its stream says beyond the row."""
    if not job.is_open:
        return job_view(job)
    return job_view(job, play(event for _seq, event in _heard(job.pk)).picture())


def job_is_over(job_id: int) -> bool:
    """Whether a job is over by its row."""
    return not GenerationJob.objects.filter(pk=job_id, status__in=OPEN_STATUSES).exists()


def _heard(job_id: int) -> list[Numbered]:
    try:
        return read(job_id)
    except TapeAwayError:
        return []
