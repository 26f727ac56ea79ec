"""A door for programs that call language models: what HTTP alone does not tell of such a call, by provider.

Whoever makes the calls says what each came to when it is over. A provider's calls are also HTTP calls, which
``perfmon.recorders.outgoing`` counts by host and until the answer's head; the series here are of other kinds, so that
nothing is added twice.
"""

from __future__ import annotations

from threading import get_ident

from perfmon import guard
from perfmon.context import current
from perfmon.ingest import Shard, shards
from perfmon.recorders.queries import call_slot
from perfmon.recorders.totals import total_slot

MAX_NAME_CHARS = 60


def record_provider_call(
    *,
    provider: str,
    outcome: str,
    failed: bool,
    duration_ns: int,
    first_token_ns: int | None = None,
    tokens_in: int = 0,
    tokens_out: int = 0,
    cost_micro_usd: int = 0,
) -> None:
    """Count one call that is over; never raises.

    ``first_token_ns`` is the time until the first token, None where none came. ``outcome`` is a short word of the
    caller's own (``ok``, ``timeout``), of which there are few; ``failed`` says whether the provider is to blame.
    """
    trace = current.get()
    if trace is not None and trace.muted:
        return
    try:
        provider = provider.replace("/", "-")[:MAX_NAME_CHARS]
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            call_slot(shard, "provider", provider).add(duration_ns, 1, int(failed))
            total_slot(shard, "provider_end", f"{provider}/{outcome[:MAX_NAME_CHARS]}").add(0)
            if first_token_ns is not None:
                call_slot(shard, "provider_first", provider).add(first_token_ns, 1, 0)
                _add_rate(shard, provider, tokens_out, duration_ns - first_token_ns)
            for name, amount in (("in", tokens_in), ("out", tokens_out)):
                total_slot(shard, "provider_tokens", f"{provider}/{name}").add(amount)
            total_slot(shard, "provider_cost", provider).add(cost_micro_usd)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("provider", error)


def _add_rate(shard: Shard, provider: str, tokens: int, duration_ns: int) -> None:
    """Count how fast tokens came after the first one, in thousandths of a token a second."""
    if tokens > 1 and duration_ns > 0:
        call_slot(shard, "provider_rate", provider).add((tokens - 1) * 10**12 // duration_ns, 1, 0)
