"""What an account, and the site, may still spend this month, and how many jobs it may start today. UTC throughout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import DecimalField, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from articles.enums import BudgetScope
from articles.generation.errors import BudgetError
from articles.models import Budget, GenerationJob, ProviderCall

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=6)
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What binds one account; None is no bound. Money in US$ a calendar month."""

    site: Decimal | None = None
    account: Decimal | None = None
    jobs_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of its bounds an account has used: spent and reserved money of this month, jobs of this day."""

    bounds: Bounds
    site_spent: Decimal
    account_spent: Decimal
    jobs_today: int


def bounds_of(owner_id: int) -> Bounds:
    """Return what binds an account: the most particular budget with a value, of its groups' the most generous."""
    groups = get_user_model().groups.through.objects.filter(user_id=owner_id).values("group_id")
    wanted = Q(scope__in=[BudgetScope.SITE, BudgetScope.EACH]) | Q(user_id=owner_id) | Q(group_id__in=groups)
    found: dict[str, list[Budget]] = {}
    for budget in Budget.objects.filter(wanted):
        found.setdefault(budget.scope, []).append(budget)
    return Bounds(
        site=_bound(found, "month_limit", BudgetScope.SITE),
        account=_particular(found, "month_limit"),
        jobs_per_day=_particular(found, "jobs_per_day"),
    )


def standing_of(owner_id: int) -> Standing:
    """Return an account's bounds and how much of each is used; sums are read only for bounds there are."""
    bounds = bounds_of(owner_id)
    return Standing(
        bounds=bounds,
        site_spent=_NOTHING if bounds.site is None else spent(),
        account_spent=_NOTHING if bounds.account is None else spent(owner_id),
        jobs_today=0 if bounds.jobs_per_day is None else jobs_today(owner_id),
    )


def require_jobs(owner_id: int, *, jobs: int = 1) -> None:
    """Raise BudgetError when the account may not start so many more jobs today, or has nothing left to spend.

    A month's money that is used up stops what has a price; whether that is all, only the choice of a model tells, so it
    is refused here only when every endpoint there is has one.
    """
    standing = standing_of(owner_id)
    limit = standing.bounds.jobs_per_day
    if limit is not None and standing.jobs_today + jobs > limit:
        raise BudgetError("jobs", limit, standing.jobs_today)
    if all_have_a_price(owner_id):
        require_money(standing, Decimal("0.000001"))


def require_money(standing: Standing, cost: Decimal) -> None:
    """Raise BudgetError when ``cost`` more would pass a bound; what costs nothing never does."""
    if cost <= 0:
        return
    for code, limit, used in (
        ("account", standing.bounds.account, standing.account_spent),
        ("site", standing.bounds.site, standing.site_spent),
    ):
        if limit is not None and used + cost > limit:
            raise BudgetError(code, limit, used)


def lock_budgets() -> None:
    """Make reservations of money wait for one another, until the transaction ends."""
    list(Budget.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def spent(owner_id: int | None = None, *, now: datetime | None = None) -> Decimal:
    """Return what was spent and is reserved this month, US$: by one account, or by all."""
    calls = ProviderCall.objects.filter(started_at__gte=month_start(now))
    if owner_id is not None:
        calls = calls.filter(owner_id=owner_id)
    total: Decimal = calls.aggregate(
        total=Coalesce(Sum(Coalesce("cost", "reserved", output_field=_MONEY)), _NOTHING, output_field=_MONEY)
    )["total"]
    return total


def jobs_today(owner_id: int, *, now: datetime | None = None) -> int:
    """Return how many jobs an account has started since midnight."""
    midnight = (now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return GenerationJob.objects.filter(owner_id=owner_id, created_at__gte=midnight).count()


def month_start(now: datetime | None = None) -> datetime:
    """Return the first moment of a time's month."""
    return (now or timezone.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def all_have_a_price(owner_id: int) -> bool:
    """Whether nothing answers the account that costs nothing."""
    from articles.providers.endpoints import endpoints_of  # which reads the settings and the database

    found = endpoints_of(owner_id)
    return bool(found) and all(endpoint.price_in or endpoint.price_out for endpoint in found)


def _bound(found: dict[str, list[Budget]], field: str, scope: str) -> Any:
    values = [getattr(budget, field) for budget in found.get(scope, [])]
    return max((value for value in values if value is not None), default=None)


def _particular(found: dict[str, list[Budget]], field: str) -> Any:
    scopes = (BudgetScope.USER, BudgetScope.GROUP, BudgetScope.EACH)
    bounds = (_bound(found, field, scope) for scope in scopes)
    return next((bound for bound in bounds if bound is not None), None)
