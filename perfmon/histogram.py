"""A mergeable log-linear histogram of non-negative integers with a stated relative error.

A value below 128 has a bucket of its own. Above that every octave (a power of two) is cut into 64 equal
buckets, so a bucket is at most 1/64 of its lower edge wide and its middle is at most 1/128 = 0.79 % away from
anything inside it. Values are integers in the series' own unit, nanoseconds for durations; with those, 1 us to
10 min spans buckets 0 to 2,239. The scheme is that of HdrHistogram (Gil Tene) with a binary significant-digit count.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, compress
from struct import Struct
from typing import NamedTuple

SUB_BITS = 6
LINEAR_LIMIT = 2 << SUB_BITS  # below it, one bucket per integer
MAX_VALUE = (1 << 40) - 1  # 18.3 min in ns; larger values are counted in the last bucket
RELATIVE_ERROR = 1 / LINEAR_LIMIT
FORMAT_VERSION = 1

_HEADER_BYTES = 4  # version, form and bytes per count, number of buckets (little-endian uint16)
_COUNT_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_RUN = 0x80  # form: counts of neighbouring buckets after the first one's index; otherwise an index for each count
_LANE_BYTES = 8
# Up to 32 buckets with counts of a byte, as in most other rows of a second: a third of the time of two arrays.
_FEW_HEAD = FORMAT_VERSION | 1 << 8
_FEW = {_HEADER_BYTES + 3 * size: Struct(f"<HH{size}H{size}B") for size in range(1, 33)}
_ONE_HEAD, _ONE_BYTES = bytes((FORMAT_VERSION, 1, 1, 0)), 7  # one bucket, as in most rows of a second: 0.3 us, not 1.4


def bucket_index(value: int) -> int:
    """Return the bucket of a non-negative integer; 60 ns, so recorders repeat its two lines in place."""
    if value > MAX_VALUE:
        value = MAX_VALUE
    shift = value.bit_length() - (SUB_BITS + 1)
    return value if shift <= 0 else (shift << SUB_BITS) + (value >> shift)


def bucket_bounds(index: int) -> tuple[int, int]:
    """Return the bucket's half-open range of values, ``[low, high)``."""
    if index < LINEAR_LIMIT:
        return index, index + 1
    shift = (index >> SUB_BITS) - 1
    low = (index - (shift << SUB_BITS)) << shift
    return low, low + (1 << shift)


def bucket_middle(index: int) -> float:
    """Return the value a bucket stands for: itself when it holds one integer, else its middle."""
    return _MIDDLES[index]


BUCKET_LIMIT = bucket_index(MAX_VALUE) + 1
_MIDDLES = tuple((low + high - 1) / 2 for low, high in map(bucket_bounds, range(BUCKET_LIMIT)))


class Histogram:
    """Counts per bucket; adding two of them gives the histogram of both samples together."""

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: dict[int, int] = dict(counts) if counts else {}

    def add(self, value: int, count: int = 1) -> None:
        """Count one value (or ``count`` equal ones). Negative values count as 0."""
        index = bucket_index(max(0, value))
        self.counts[index] = self.counts.get(index, 0) + count

    def merge(self, other: Histogram) -> None:
        """Add another histogram's counts to this one, in place."""
        counts = self.counts
        for index, count in other.counts.items():
            counts[index] = counts.get(index, 0) + count

    @classmethod
    def sum_of(cls, histograms: Iterable[Histogram]) -> Histogram:
        """Return the sum of many, by way of a list of all buckets: in half the time of merging one after the other."""
        counts = [0] * BUCKET_LIMIT
        for histogram in histograms:
            for index, count in histogram.counts.items():
                counts[index] += count
        return cls({index: count for index, count in enumerate(counts) if count})

    @property
    def count(self) -> int:
        """The number of values counted."""
        return sum(self.counts.values())

    def percentile(self, percent: float) -> float | None:
        """Return the nearest-rank percentile (0-100), or None when nothing was counted."""
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: Sequence[float]) -> list[float | None]:
        """Return several nearest-rank percentiles in one pass, each within ``RELATIVE_ERROR`` of the exact one.

        Nearest rank means the smallest value with at least ``percent`` % of the sample at or below it. Percents count
        to six decimals, so that 99.9 is no more than that.
        """
        return self.cumulative().percentiles(percents)

    def cumulative(self) -> Cumulative:
        """Return the buckets in order with how many values lie in each and those before it."""
        indices = sorted(self.counts)
        return Cumulative(indices, list(accumulate(map(self.counts.__getitem__, indices))))

    def to_bytes(self) -> bytes:
        """Pack as version byte, form, bucket number, then sorted indices and counts, or a run if that is shorter.

        A second of one endpoint is usually under 100 bytes, an hour of a busy one is a run of 600; none is more than
        8 bytes a bucket.
        """
        indices = sorted(self.counts)
        counts = [self.counts[index] for index in indices]
        width = _count_width(max(counts, default=0))
        size = indices[-1] - indices[0] + 1 if indices else 0
        if len(indices) > 1 and 2 + size * width < len(indices) * (2 + width):
            run = array(_COUNT_CODES[width], bytes(size * width))
            for index, count in self.counts.items():
                run[index - indices[0]] = count
            return _head(_RUN | width, size) + _little(array("H", indices[:1])) + _little(run)
        return _head(width, len(indices)) + _little(array("H", indices)) + _little(array(_COUNT_CODES[width], counts))

    @classmethod
    def from_bytes(cls, packed: bytes) -> Histogram:
        """Unpack ``to_bytes``; raises ValueError naming what is wrong with foreign or damaged bytes."""
        indices, counts = unpack(packed)
        histogram = cls()
        histogram.counts = dict(zip(indices, counts, strict=True))
        return histogram

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.counts == other.counts

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Histogram(count={self.count}, buckets={len(self.counts)})"


class Cumulative(NamedTuple):
    """A histogram's ``buckets`` in order, and in ``running`` how many values lie in each and those before it."""

    buckets: list[int]
    running: list[int]

    def percentiles(self, percents: Sequence[float]) -> list[float | None]:
        """As ``Histogram.percentiles``."""
        if not self.running or not self.running[-1]:
            return [None] * len(percents)
        return [_MIDDLES[self.buckets[_first_at_least(self.running, percent)]] for percent in percents]

    def below(self, bucket: int) -> int:
        """Return how many values lie in buckets before this one."""
        at = bisect_left(self.buckets, bucket)
        return self.running[at - 1] if at else 0


class PackedSum:
    """A sum of packed histograms. Runs are added as whole numbers of 64-bit lanes: six times as fast as by bucket."""

    __slots__ = ("_counts", "_first", "_lanes")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._first = BUCKET_LIMIT  # the bucket of the lowest lane
        self._lanes = 0

    def add(self, packed: bytes) -> None:
        """Add one; raises ValueError on bad bytes."""
        form, size = _read_head(packed)
        width = form ^ _RUN
        if not form & _RUN or width == _LANE_BYTES:  # counts that wide might overflow a lane
            merge_packed(self._counts, packed)
            return
        first = _first_of_run(packed, size)
        lanes = bytearray(_LANE_BYTES * size)
        for byte in range(width):
            lanes[byte::_LANE_BYTES] = packed[_HEADER_BYTES + 2 + byte :: width]
        if first < self._first:
            self._lanes <<= 8 * _LANE_BYTES * (self._first - first) if self._lanes else 0
            self._first = first
        self._lanes += int.from_bytes(lanes, "little") << 8 * _LANE_BYTES * (first - self._first)

    def histogram(self) -> Histogram:
        """Return the sum so far."""
        histogram = Histogram()
        if self._lanes:
            size = -(-self._lanes.bit_length() // (8 * _LANE_BYTES))
            lanes = _native(array("Q", self._lanes.to_bytes(_LANE_BYTES * size, "little")))
            histogram.counts = {bucket: count for bucket, count in enumerate(lanes, self._first) if count}
        for bucket, count in self._counts.items():
            histogram.counts[bucket] = histogram.counts.get(bucket, 0) + count
        return histogram


def unpack(packed: bytes) -> tuple[Sequence[int], Sequence[int]]:
    """Return the bucket indices and counts of a packed histogram; raises ValueError on bad bytes."""
    few = _FEW.get(len(packed))
    if few is not None:
        head, size, *values = few.unpack(packed)
        if head == _FEW_HEAD and 2 * size == len(values) and max(values[:size]) < BUCKET_LIMIT:
            return values[:size], values[size:]
    width, size = _read_head(packed)
    if width & _RUN:
        first = _first_of_run(packed, size)
        run = _native(array(_COUNT_CODES[width ^ _RUN], packed[_HEADER_BYTES + 2 :]))
        return array("H", compress(range(first, first + size), run)), array(run.typecode, filter(None, run))
    edge = _HEADER_BYTES + 2 * size
    indices, counts = array("H", packed[_HEADER_BYTES:edge]), array(_COUNT_CODES[width], packed[edge:])
    if sys.byteorder == "big":
        indices.byteswap()
        counts.byteswap()
    if max(indices, default=0) >= BUCKET_LIMIT:
        raise ValueError(f"histogram bucket {max(indices)} is past {BUCKET_LIMIT - 1}")
    return indices, counts


def merge_packed(counts: dict[int, int], packed: bytes) -> None:
    """Add a packed histogram to a dict of counts without building an object for it (the collector's inner loop)."""
    if len(packed) == _ONE_BYTES and packed[:_HEADER_BYTES] == _ONE_HEAD:
        index = packed[4] | packed[5] << 8
        if index < BUCKET_LIMIT:
            counts[index] = counts.get(index, 0) + packed[6]
            return
    for index, count in zip(*unpack(packed), strict=True):
        counts[index] = counts.get(index, 0) + count


def _first_at_least(running: list[int], percent: float) -> int:
    rank = -(-running[-1] * round(percent * 1_000_000) // 100_000_000)  # ceiling, in integers
    return bisect_left(running, max(1, rank))


def _head(form: int, size: int) -> bytes:
    return bytes((FORMAT_VERSION, form)) + size.to_bytes(2, "little")


def _read_head(packed: bytes) -> tuple[int, int]:
    """Return the form with its count width, and the number of buckets, of bytes that are as long as those say."""
    if len(packed) < _HEADER_BYTES:
        raise ValueError(f"histogram of {len(packed)} bytes is shorter than its header")
    version, form, size = packed[0], packed[1], int.from_bytes(packed[2:4], "little")
    if version != FORMAT_VERSION:
        raise ValueError(f"histogram format {version} is not {FORMAT_VERSION}")
    width = form & ~_RUN
    body_bytes = 2 + size * width if form & _RUN else size * (2 + width)
    if width not in _COUNT_CODES or len(packed) != _HEADER_BYTES + body_bytes:
        raise ValueError(f"histogram of {size} buckets and width {width} does not have {len(packed)} bytes")
    return form, size


def _first_of_run(packed: bytes, size: int) -> int:
    first = int.from_bytes(packed[_HEADER_BYTES : _HEADER_BYTES + 2], "little")
    if first + size > BUCKET_LIMIT:
        raise ValueError(f"histogram bucket {first + size - 1} is past {BUCKET_LIMIT - 1}")
    return first


def _count_width(largest: int) -> int:
    return next(width for width in (1, 2, 4, 8) if largest < 1 << (8 * width))


def _little(values: array[int]) -> bytes:
    return _native(values[:] if sys.byteorder == "big" else values).tobytes()


def _native(little: array[int]) -> array[int]:
    if sys.byteorder == "big":
        little.byteswap()
    return little
