"""What a text shares with another: runs of words, and a signature by which like texts are found without comparing all.

A shingle is a run of ``SHINGLE_WORDS`` words, case and accents folded. A text's MinHash signature has
``BANDS`` x ``ROWS`` = 128 values. Each is the smallest member of the set of shingles under a random order of all
shingles, so two texts agree in one with the probability of their Jaccard similarity J. Two texts are candidates when
they agree in all rows of any band: with the probability 1 - (1 - J^4)^32, which is 23 % at J = 0.3, 56 % at 0.4, 87 %
at 0.5, 99 % at 0.6 and 100 % from 0.7 on.

The random orders are cyclic shifts of ``ROWS`` seeded hashes. The smallest member after a shift is the next one on the
circle, so one sort serves all bands of a row: 35,000 words take some 0.15 s instead of seconds. The rows of a band use
different hashes, and are independent of each other as the formula asks.
"""

from __future__ import annotations

import random
import re
import struct
import unicodedata
from bisect import bisect_left
from hashlib import blake2b

SHINGLE_WORDS = 5
BANDS = 32
ROWS = 4
_SEED = b"shingles.1"  # another one makes every stored band worthless: rebuild them then
_RING = 1 << 64
_UNPACK = struct.Struct(f"<{ROWS}Q").unpack
_shifts = random.Random(_SEED)  # noqa: S311 - no secret
_SHIFTS = [[_shifts.randrange(_RING) for _ in range(BANDS)] for _ in range(ROWS)]
_WORDS = re.compile(r"\w+")

Shingles = frozenset[str]


def shingles_of(text: str) -> Shingles:
    """Return the shingles; none when the text has fewer words than one takes."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    words = _WORDS.findall("".join(filter(_is_no_accent, folded)) if not folded.isascii() else folded)
    runs = zip(*(words[offset:] for offset in range(SHINGLE_WORDS)), strict=False)
    return frozenset(map(" ".join, runs))


def likeness(one: Shingles, other: Shingles) -> float:
    """Return the Jaccard similarity: the share of all their shingles that both have."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def bands_of(shingles: Shingles) -> list[int]:
    """Return one signed 64-bit value a band; none of a text without shingles."""
    if not shingles:
        return []
    rows = [_row(sorted(hashes), shifts) for hashes, shifts in zip(_hashes(shingles), _SHIFTS, strict=True)]
    return [_folded(values) for values in zip(*rows, strict=True)]


def _hashes(shingles: Shingles) -> zip[tuple[int, ...]]:
    digests = (blake2b(shingle.encode(), digest_size=8 * ROWS, person=_SEED).digest() for shingle in shingles)
    return zip(*map(_UNPACK, digests), strict=True)


def _row(ring: list[int], shifts: list[int]) -> list[int]:
    last = len(ring)
    return [ring[at if (at := bisect_left(ring, shift)) < last else 0] for shift in shifts]


def _folded(values: tuple[int, ...]) -> int:
    digest = blake2b(struct.pack(f"<{ROWS}Q", *values), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _is_no_accent(char: str) -> bool:
    return not unicodedata.combining(char)
