"""The ledger: what a call may cost is reserved before it, what it cost is settled after it, once, however it ended."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from articles.enums import CallOutcome
from articles.generation.budgets import Bounds, bounds_of, lock_budgets, require_money, standing_of
from articles.generation.leases import Lease
from articles.models import GenerationJob, ProviderCall
from articles.models.generation import HELD_STATUSES
from articles.providers.base import ChatRequest, Endpoint, ProviderError, Usage, estimated_tokens
from articles.signals import provider_called


@dataclass(slots=True)
class Measured:
    """What was seen of a call: durations in ms, tokens as we counted them and, if it said so, as the provider did."""

    duration_ms: int = 0
    first_token_ms: int | None = None
    text_chars: int = 0
    tokens: int = 0
    usage: Usage | None = None
    model: str = ""


def reserve(lease: Lease, endpoint: Endpoint, request: ChatRequest, *, purpose: str, section: int) -> ProviderCall:
    """Open the entry of a call that is about to be made; raises BudgetError, and LeaseLost with nothing written."""
    job, most = lease.job, endpoint.most_cost(request)
    with transaction.atomic():
        lease.renew()  # also locks the job's row, so that numbers come one after another
        if most > 0:
            _require_money(job, most)
        latest = ProviderCall.objects.filter(job=job).aggregate(latest=Max("number"))["latest"] or 0
        return ProviderCall.objects.create(
            job=job, number=latest + 1, lease=lease.id, owner_id=job.owner_id, article_id=job.article_id,
            purpose=purpose, section=section, endpoint=endpoint.name, model=endpoint.model,
            tokens_in=request.estimated_tokens_in, is_estimate=True, price_in=endpoint.price_in,
            price_out=endpoint.price_out, reserved=most, trace_id=job.trace_id, started_at=timezone.now(),
        )  # fmt: skip


def progress(call: ProviderCall, tokens_out: int) -> None:
    """Write down how far an open call is, so that a worker's death leaves a true figure."""
    ProviderCall.objects.filter(pk=call.pk, outcome=CallOutcome.OPEN).update(tokens_out=tokens_out)


def settle(call: ProviderCall, outcome: CallOutcome, measured: Measured, *, error: ProviderError | None = None) -> bool:
    """Close the entry; return whether this call closed it, as a later runner may have done so."""
    counted = measured.usage or Usage(call.tokens_in, max(measured.tokens, estimated_tokens_of(measured)))
    if measured.usage is None and not _was_heard(outcome, measured):
        counted = Usage(0, 0)  # it was refused before the model read a word
    closed = _close(
        call, outcome, counted, is_estimate=measured.usage is None, duration_ms=measured.duration_ms,
        first_token_ms=measured.first_token_ms, model=(measured.model or call.model)[:120],
        error=error.message if error else "", status_code=error.status_code if error else None,
        retry_after_s=error.retry_after_s if error else None,
    )  # fmt: skip
    if closed:
        call.refresh_from_db()
        provider_called.send(sender=ProviderCall, call=call)
    return closed


def settle_lost(job_id: int, *, but: uuid.UUID | None = None) -> int:
    """Close what earlier runners of a job left open, with the tokens they had written down; return how many."""
    left = ProviderCall.objects.filter(job_id=job_id, outcome=CallOutcome.OPEN)
    return _settle_as_lost(left.exclude(lease=but) if but else left)


def settle_orphans(*, older_than_s: float = 30.0) -> int:
    """Close entries whose job is over or another runner's; return how many."""
    limit = timezone.now() - timedelta(seconds=older_than_s)
    alive = Q(job__status__in=HELD_STATUSES, job__lease_until__gte=limit)
    return _settle_as_lost(ProviderCall.objects.filter(outcome=CallOutcome.OPEN, started_at__lt=limit).exclude(alive))


def estimate(*, words: int, endpoint: Endpoint) -> Decimal:
    """Return about what an article of so many words costs at an endpoint, US$: each section reads its prompt anew."""
    tokens_out = round(words * 1.4) + 150
    return endpoint.cost(round(tokens_out * 1.5) + 800, tokens_out)


def estimated_tokens_of(measured: Measured) -> int:
    """Return about how many tokens the text was that came."""
    return estimated_tokens("x" * measured.text_chars) if measured.text_chars else 0


def _require_money(job: GenerationJob, most: Decimal) -> None:
    if bounds_of(job.owner_id) in (Bounds(), Bounds(jobs_per_day=bounds_of(job.owner_id).jobs_per_day)):
        return
    lock_budgets()
    require_money(standing_of(job.owner_id), most)


def _was_heard(outcome: CallOutcome, measured: Measured) -> bool:
    """Whether the model worked for it: whatever sent words did, and what we gave up waiting for may have."""
    gave_up = outcome in (CallOutcome.CANCELLED, CallOutcome.HANDED_OVER, CallOutcome.LOST, CallOutcome.TIMEOUT)
    return measured.first_token_ms is not None or gave_up


def _settle_as_lost(calls: Iterable[ProviderCall]) -> int:
    closed = 0
    for call in calls:
        duration_ms = round((timezone.now() - call.started_at).total_seconds() * 1000)
        counted = Usage(call.tokens_in, call.tokens_out)
        if _close(call, CallOutcome.LOST, counted, is_estimate=True, duration_ms=duration_ms):
            closed += 1
            call.refresh_from_db()
            provider_called.send(sender=ProviderCall, call=call)
    return closed


def _close(call: ProviderCall, outcome: CallOutcome, counted: Usage, *, is_estimate: bool, **seen: object) -> bool:
    cost = (call.price_in * counted.tokens_in + call.price_out * counted.tokens_out) / Decimal(1_000_000)
    still_open = ProviderCall.objects.filter(pk=call.pk, outcome=CallOutcome.OPEN)
    changes = {name: value for name, value in seen.items() if value is not None}
    return bool(
        still_open.update(
            outcome=outcome, tokens_in=counted.tokens_in, tokens_out=counted.tokens_out, is_estimate=is_estimate,
            cost=cost.quantize(Decimal("0.000001"), rounding="ROUND_UP"), settled_at=timezone.now(), **changes,
        )
    )  # fmt: skip
