"""A cached value with what is needed to judge it: its age, its cost, and the generations it was made under."""

from __future__ import annotations

import math
import random
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from omniwriter.cache.errors import UnreadableError

FORMAT = 1
COMPRESS_BYTES = 16_384  # a smaller value costs more to unpack than to carry
MIN_SAVING = 0.8
JITTER = 0.1  # of the time to live, so that what was made together does not run out together
EARLY_SHARE = (
    0.01  # of the time to live: the least that a value counts as costing, so that a cheap one is renewed early
)

# Format, compressed, written at and fresh until (Unix time), cost in seconds, bytes of the tokens that follow.
_HEADER = struct.Struct(">BBddfH")

Tokens = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A packed value as it lies in the store. Times are Unix time in seconds."""

    payload: bytes
    tokens: Tokens
    written_at: float
    fresh_until: float
    cost_s: float

    def holds(self, tokens: Sequence[bytes]) -> bool:
        """Whether nothing it depends on has changed since."""
        return self.tokens == tuple(tokens)

    def is_fresh(self, now: float) -> bool:
        """Whether its time has not run out."""
        return now < self.fresh_until

    def is_due(self, now: float) -> bool:
        """Whether this reader should renew it before it runs out.

        Each reader throws a die that the dearer and older value wins more often, so that one of many renews it and the
        others never meet an empty place: "XFetch" of Vattani, Chierichetti and Lowenstein, Optimal Probabilistic Cache
        Stampede Prevention, VLDB 2015, with beta = 1.
        """
        span_s = max(self.cost_s, EARLY_SHARE * (self.fresh_until - self.written_at))
        return now - span_s * math.log(1.0 - random.random()) >= self.fresh_until  # noqa: S311  (no secret)


def new_entry(payload: bytes, tokens: Sequence[bytes], *, now: float, ttl_s: float, cost_s: float) -> Entry:
    """Return an entry that is fresh for ``ttl_s`` less a random tenth of it."""
    kept_s = ttl_s * (1.0 - JITTER * random.random())  # noqa: S311  (no secret)
    return Entry(payload, tuple(tokens), now, now + kept_s, cost_s)


def pack_entry(entry: Entry) -> bytes:
    """Return an entry as bytes, compressed when it is large and that helps."""
    payload, compressed = entry.payload, 0
    if len(payload) >= COMPRESS_BYTES:
        smaller = zlib.compress(payload, 1)
        if len(smaller) <= MIN_SAVING * len(payload):
            payload, compressed = smaller, 1
    tokens = b" ".join(entry.tokens)
    head = _HEADER.pack(FORMAT, compressed, entry.written_at, entry.fresh_until, entry.cost_s, len(tokens))
    return head + tokens + payload


def unpack_entry(packed: bytes) -> Entry:
    """Return the entry; raises UnreadableError for anything else."""
    try:
        form, compressed, written_at, fresh_until, cost_s, length = _HEADER.unpack_from(packed)
        at = _HEADER.size + length
        tokens = tuple(packed[_HEADER.size : at].split(b" ")) if length else ()
        payload = zlib.decompress(packed[at:]) if compressed else packed[at:]
    except (struct.error, zlib.error) as error:
        raise UnreadableError(f"Not a cache entry: {error}") from error
    if form != FORMAT:
        raise UnreadableError(f"A cache entry of format {form}.")
    return Entry(payload, tokens, written_at, fresh_until, cost_s)
