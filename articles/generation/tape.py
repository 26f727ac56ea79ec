"""Where the events of a job are kept for those who watch it: Valkey, or without one this process's memory.

A tape is numbered by Valkey's own stream ids (``1732752000123-0``), which only grow, also when the tape had to be begun
anew; so whoever knows the last number he heard can be told the rest.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from django.conf import settings

MAX_ENTRIES = 20_000
SILENCE_S = 2.0
START = "0-0"
_SEQ = re.compile(r"\d{1,19}-\d{1,19}")


class TapeAwayError(Exception):
    """Valkey can't be reached."""


class Entry(NamedTuple):
    """One event as it was written, and its number."""

    seq: str
    body: bytes


class Tape(Protocol):
    """The tapes of all jobs. What is synchronous waits for 0.3 s at most and raises TapeAwayError."""

    def add(self, job_id: int, bodies: Sequence[bytes], *, begins: bool, keep_s: int | None) -> bool:
        """Append; unless it ``begins`` one, only to a tape that is there: False when there is none.

        ``keep_s`` says for how long from now the tape is kept.
        """

    def is_away(self) -> bool:
        """Whether to try would only raise, as it did a moment ago."""

    def since(self, job_id: int, after: str) -> list[Entry]:
        """Return what came after that number, oldest first; at most ``MAX_ENTRIES`` or a little more are kept."""

    def listen(self, job_id: int, after: str) -> AsyncGenerator[Entry | None]:
        """Yield each entry after that number as it comes, and None after ``SILENCE_S`` without one; never ends."""


def get_tape() -> Tape:
    """Return this process's tape by ``settings.REDIS_URL``."""
    return _tape_at(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _tape_at(url: str) -> Tape:
    if url:
        from articles.generation.tape_valkey import ValkeyTape

        return ValkeyTape(url)
    from articles.generation.tape_memory import MemoryTape

    return MemoryTape()


def is_seq(text: str) -> bool:
    """Whether the text can be a number of an entry."""
    return _SEQ.fullmatch(text) is not None


def order(seq: str) -> tuple[int, int]:
    """Return what sorts numbers."""
    first, _, second = seq.partition("-")
    return int(first), int(second)
