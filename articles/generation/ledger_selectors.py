"""The ledger as it is read: a month's sums by day, model, account and article, its calls, what budgets it used.

Sums are made by the database and bounded by the month. Money is US$; a call that is open counts with what is reserved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from articles.access import Account
from articles.enums import CallOutcome
from articles.models import ProviderCall
from articles.querysets import Position

#: How a call that is no failure of the provider ends.
FINE = (CallOutcome.OPEN, CallOutcome.OK, CallOutcome.CUT, CallOutcome.CANCELLED, CallOutcome.HANDED_OVER)
MOST_ROWS = 20
MOST_TIMED = 1_000
_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=6)
_DECEMBER = 12


class Month(NamedTuple):
    """A calendar month, UTC."""

    year: int
    month: int

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + 1, 1) if self.month == _DECEMBER else Month(self.year, self.month + 1)

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month(self.year - 1, _DECEMBER) if self.month == 1 else Month(self.year, self.month - 1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.next.start - self.start).days

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(slots=True)
class Sums:
    """What calls came to."""

    calls: int = 0
    failures: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = Decimal(0)

    def add(self, other: Sums) -> None:
        """Take in another's."""
        self.calls += other.calls
        self.failures += other.failures
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.cost += other.cost


class Line(NamedTuple):
    """A row of a table of sums: what it is about, its id where it is an article, its sums."""

    name: str
    sums: Sums
    pk: int | None = None


class Times(NamedTuple):
    """How long calls took, ms: the median and the 95th percentile of so many that answered last."""

    number: int
    duration_p50_ms: int | None
    duration_p95_ms: int | None
    first_token_p50_ms: int | None
    first_token_p95_ms: int | None


@dataclass(slots=True)
class MonthSums:
    """A month in sums: all of it, by day (each day of it), by provider, by model."""

    total: Sums = field(default_factory=Sums)
    days: list[Line] = field(default_factory=list)
    providers: list[Line] = field(default_factory=list)
    models: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls, the newest first, and the place to go on after, None at the end."""

    calls: list[ProviderCall]
    onward: Position | None


def month_sums(*, account: Account, month: Month) -> MonthSums:
    """Return a month's sums, in one query: a row a day and model."""
    found = MonthSums()
    days: dict[str, Sums] = {}
    providers: dict[str, Sums] = {}
    models: dict[str, Sums] = {}
    calls = _calls(account, month).annotate(day=TruncDate("started_at", tzinfo=UTC))
    for row in _summed(calls, "day", "endpoint", "model"):
        sums = _sums(row)
        found.total.add(sums)
        for table, name in ((days, str(row["day"])), (providers, row["endpoint"]), (models, row["model"])):
            table.setdefault(name, Sums()).add(sums)
    names = (str(date(month.year, month.month, day)) for day in range(1, month.days + 1))
    found.days = [Line(name, days.get(name, Sums())) for name in names]
    found.providers, found.models = _dearest(providers), _dearest(models)
    return found


def account_sums(*, account: Account, month: Month) -> list[Line]:
    """Return the accounts that spent most, in one query; a deleted one has no name."""
    rows = _summed(_calls(account, month), "owner_id", "owner__username")
    return [Line(row["owner__username"] or "", _sums(row), row["owner_id"]) for row in _first(rows)]


def article_sums(*, account: Account, month: Month) -> list[Line]:
    """Return the articles that cost most, in one query."""
    rows = _summed(_calls(account, month).filter(article__isnull=False), "article_id", "article__title")
    return [Line(row["article__title"], _sums(row), row["article_id"]) for row in _first(rows)]


def month_times(*, account: Account, month: Month) -> Times:
    """Return how long the calls took that answered last, in one query."""
    answered = _calls(account, month).filter(outcome__in=(CallOutcome.OK, CallOutcome.CUT)).order_by("-started_at")
    rows = list(answered.values_list("duration_ms", "first_token_ms")[:MOST_TIMED])
    durations = sorted(duration for duration, _first_token in rows if duration is not None)
    first_tokens = sorted(first_token for _duration, first_token in rows if first_token is not None)
    return Times(
        len(rows), _percentile(durations, 50), _percentile(durations, 95), _percentile(first_tokens, 50),
        _percentile(first_tokens, 95),
    )  # fmt: skip


def call_list(
    *, account: Account, month: Month, limit: int, after: Position | None = None, outcome: str = ""
) -> CallPage:
    """Return a page of a month's calls; ``outcome`` keeps those that ended so, ``failed`` all that failed."""
    calls = _calls(account, month).select_related("owner").order_by("-started_at", "-pk")
    if outcome == "failed":
        calls = calls.exclude(outcome__in=FINE)
    elif outcome:
        calls = calls.filter(outcome=outcome)
    if after is not None:
        calls = calls.filter(Q(started_at__lt=after[0]) | Q(started_at=after[0], pk__lt=after[1]))
    found = list(calls[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return CallPage(found[:limit], onward=(last.started_at, last.pk) if last else None)


def call_rows(*, account: Account, month: Month) -> Iterator[dict[str, str]]:
    """Yield a month's calls as cells of a table, the oldest first, read in parts."""
    columns = [name for name in COLUMNS if name not in _NAMED]
    calls = _calls(account, month).order_by("started_at", "pk").values_list(*columns, *_NAMED.values())
    for row in calls.iterator(chunk_size=2_000):
        yield {name: _cell(value) for name, value in zip([*columns, *_NAMED], row, strict=True)}


_NAMED = {"account": "owner__username", "job": "job_id", "article": "article_id", "id": "pk"}
COLUMNS = (
    "id", "started_at", "settled_at", "account", "job", "number", "article", "purpose", "section", "endpoint", "model",
    "outcome", "status_code", "error", "tokens_in", "tokens_out", "is_estimate", "price_in", "price_out", "reserved",
    "cost", "first_token_ms", "duration_ms", "trace_id",
)  # fmt: skip


def _calls(account: Account, month: Month) -> QuerySet[ProviderCall]:
    calls = ProviderCall.objects.filter(started_at__gte=month.start, started_at__lt=month.next.start)
    return calls if getattr(account, "is_superuser", False) else calls.filter(owner_id=account.pk)


def _summed(calls: QuerySet[ProviderCall], *names: str) -> QuerySet[ProviderCall, dict[str, Any]]:
    cost = Coalesce("cost", "reserved", output_field=_MONEY)
    summed: QuerySet[ProviderCall, dict[str, Any]] = calls.order_by().values(*names).annotate(
        calls=Count("pk"), failures=Count("pk", filter=~Q(outcome__in=FINE)), into=Sum("tokens_in"),
        out=Sum("tokens_out"), money=Sum(cost),
    )  # fmt: skip
    return summed


def _first(rows: QuerySet[ProviderCall, dict[str, Any]]) -> QuerySet[ProviderCall, dict[str, Any]]:
    return rows.order_by(F("money").desc(), F("out").desc())[:MOST_ROWS]


def _sums(row: dict[str, Any]) -> Sums:
    return Sums(row["calls"], row["failures"], row["into"], row["out"], row["money"])


def _dearest(table: dict[str, Sums]) -> list[Line]:
    key: Callable[[Line], Any] = lambda line: (-line.sums.cost, -line.sums.tokens_out, line.name)  # noqa: E731
    return sorted((Line(name, sums) for name, sums in table.items()), key=key)[:MOST_ROWS]


def _percentile(values: Sequence[int], percent: int) -> int | None:
    """Return the smallest value that so many hundredths do not pass; None of none."""
    return values[max(0, math.ceil(len(values) * percent / 100) - 1)] if values else None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)
