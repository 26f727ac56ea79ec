"""Series and windows: the one model every measurement is carried in.

A series is ``(kind, key)``. A window is what one series did in one stretch of time. Windows of a series add up
across processes, hosts and time, so any percentile of any range has the histogram's error and no other.

===============  =========================  =======================================================================
kind             key                        count / errors / sum / max / histogram
===============  =========================  =======================================================================
request          ``GET /articles/<slug>/``  requests / 5xx and raised / ns / ns / ns
response         ``GET /articles/ 2xx``     responses of that status class
request_db       ``GET /articles/``         queries / failed / ns / largest total of one request, ns
request_cache    ``GET /articles/``         reads / misses / ns / largest total of one request, ns
queue            ``http``                   requests that said when they were queued / - / ns / ns / ns
query            ``default``                queries of that alias / failed / ns / ns / ns
cache            ``default``                keys read of that alias / misses / ns / ns / ns a call
cache_group      ``default/articles``       keys read of that group / misses / ns / ns / ns a call
cache_write      ``default``                writes of that alias / failed / ns / ns / ns
cache_error      ``default``                calls of that alias that failed, also those the app was not told of
cache_server     ``default/used``           gauge: bytes, clients, thousandths of events a second of the whole server
pool             ``default``                connections asked for / not got / ns / ns / ns
pool_gauge       ``default/in_use``         gauge: connections of one process, and requests that wait for one
socket           ``3f2a/open``              gauge: websockets open in the process
task             ``shop.tasks.send``        runs / failures / ns / ns / ns
task_wait        ``shop.tasks.send``        messages taken up / - / ns in the queue / ns / ns
task_retry       ``shop.tasks.send``        runs that asked for another
queue_wait       ``default``                messages taken from that queue / - / ns in it / ns / ns
queue_length     ``default``                gauge: messages that wait in that queue
worker           ``celery@web1``            gauge: tasks that worker runs at once; there is one as long as it is there
outgoing         ``a.org GET /v1/users/*``  calls / status 400 and up, or no answer / ns to the answer's head / ns / ns
outgoing_status  ``a.org GET /v1 2xx``      calls that came to that status class, or ``failed``
provider         ``openai``                 calls of that language model / its failures / ns / ns / ns
provider_first   ``openai``                 calls that brought a token / - / ns to the first / ns / ns
provider_rate    ``openai``                 calls of several tokens / - / thousandths of a token a second after it
provider_tokens  ``openai/in``, ``/out``    calls / - / tokens / most of one call
provider_cost    ``openai``                 calls / - / millionths of a US$ / most of one call
provider_end     ``openai/timeout``         calls that ended so
process          ``web1/3f2a``              gauge: resident bytes of the process
host             ``web1/cpu``               gauge: readings / - / sum / max (thousandths of %, bytes, bytes a second)
load_latency     ``12/3``                   a load test's requests by action / failed / ns from the intended start / ns
load_service     ``12/3``                   the same / - / ns from the sending / ns / ns
load_server      ``12/3``                   what the server measured of them / 5xx / ns / ns / ns
load_queue       ``12/3``                   of those, such as said when they came / - / ns before Django / ns / ns
load_gap         ``12/3``                   of those, what neither server nor queue explains / - / ns / ns / ns
load_state       ``12/busy``, ``12/cpu``    gauge: users at work, thousandths of % of the generator's busiest process
load_state       ``12/target``              gauge: thousandths of a user, or of an arrival a second
self             ``record``, ``flush`` ...  perfmon's own cost: events or samples of them / - / CPU ns / ns
===============  =========================  =======================================================================

``TOTAL_KEY`` of a kind is the sum over its keys, ``12/*`` that over the actions of a run; the collector makes it,
recorders never write it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from perfmon.histogram import Histogram, merge_packed

TOTAL_KEY = "*"
OVERFLOW_KEY = "(other)"
STATUS_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
MAX_KEY_CHARS = 200
NS_PER_MS = 1_000_000

type_of_row = tuple[int, int, int, int, bytes]


class SeriesKey(NamedTuple):
    """What was measured: ``kind`` names the recorder's quantity, ``key`` the thing it belongs to."""

    kind: str
    key: str


class Window:
    """What one series did in one stretch of time: ``count``, ``errors``, ``sum``, ``max`` and a histogram.

    All figures are integers in the kind's unit (see the module's table). Addition is commutative and associative.
    """

    __slots__ = ("count", "errors", "histogram", "max", "sum")

    def __init__(
        self, count: int = 0, errors: int = 0, sum: int = 0, max: int = 0, histogram: Histogram | None = None
    ) -> None:
        self.count, self.errors, self.sum, self.max = count, errors, sum, max
        self.histogram = histogram if histogram is not None else Histogram()

    def add(self, value: int, error: bool = False) -> None:
        """Count one measured value, histogram included."""
        self.add_total(value, 1, int(error))
        self.histogram.add(value)

    def add_total(self, value: int, count: int = 1, errors: int = 0) -> None:
        """Count ``count`` events with a common total, which the histogram does not see (gauges, shares)."""
        self.count += count
        self.errors += errors
        self.sum += value
        if value > self.max:
            self.max = value

    def merge(self, other: Window) -> None:
        """Add another window of the same series to this one, in place."""
        self.count += other.count
        self.errors += other.errors
        self.sum += other.sum
        if other.max > self.max:
            self.max = other.max
        self.histogram.merge(other.histogram)

    def merge_row(self, row: Iterable[Any]) -> None:
        """Add a packed row (``to_row``) to this window; raises ValueError when it is not one."""
        count, errors, total, largest, packed = row
        self.count += count
        self.errors += errors
        self.sum += total
        if largest > self.max:
            self.max = largest
        if packed:
            merge_packed(self.histogram.counts, packed)

    def to_row(self) -> type_of_row:
        """Return the plain tuple that is stored and sent: four integers and the packed histogram (may be empty)."""
        packed = self.histogram.to_bytes() if self.histogram.counts else b""
        return self.count, self.errors, self.sum, self.max, packed

    @classmethod
    def from_row(cls, row: Iterable[Any]) -> Window:
        """Build a window from ``to_row``."""
        window = cls()
        window.merge_row(row)
        return window

    def copy(self) -> Window:
        """Return a window that can be added to without changing this one."""
        return Window(self.count, self.errors, self.sum, self.max, Histogram(self.histogram.counts))

    @property
    def mean(self) -> float | None:
        """The mean value in the kind's unit, or None when nothing was counted."""
        return self.sum / self.count if self.count else None

    @property
    def error_pct(self) -> float | None:
        """The share of errors in percent, or None when nothing was counted."""
        return 100 * self.errors / self.count if self.count else None

    def percentile(self, percent: float) -> float | None:
        """The percentile in the kind's unit, never past the largest value seen; None without a histogram."""
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: tuple[float, ...]) -> list[float | None]:
        """Several percentiles in one pass; see ``Histogram.percentiles``."""
        return [
            None if value is None else min(value, float(self.max)) for value in self.histogram.percentiles(percents)
        ]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Window) and self.to_row() == other.to_row()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Window(count={self.count}, errors={self.errors}, sum={self.sum}, max={self.max})"


Windows = dict[SeriesKey, Window]


def merge_windows(into: Windows, other: Windows) -> None:
    """Add every window of ``other`` to ``into``, in place; ``other``'s windows are not shared with it."""
    for key, window in other.items():
        held = into.get(key)
        if held is None:
            held = into[key] = Window()
        held.merge(window)
