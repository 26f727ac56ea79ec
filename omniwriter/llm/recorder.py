"""Calls of providers as the ledger settled them, and breakers that opened, for the dashboard.

Times, tokens, cost and outcomes go through perfmon's own door for language models. Openings are series of kind
``breaker``, key the endpoint's name: how often the breaker of that endpoint opened.
"""

from __future__ import annotations

from typing import Any

from articles.enums import CallOutcome
from articles.models import ProviderCall
from articles.providers.breaker import OPEN
from articles.signals import endpoint_state_changed, provider_called
from perfmon.recorders.providers import record_provider_call
from perfmon.recorders.totals import record_total

KIND = "breaker"
NS_PER_MS = 1_000_000
#: How calls end that say nothing against the provider.
NOT_ITS_FAULT = frozenset(
    {CallOutcome.OK, CallOutcome.CUT, CallOutcome.CANCELLED, CallOutcome.LOST, CallOutcome.HANDED_OVER}
)
_UID = "omniwriter.llm"


class ProviderRecorder:
    """Hears of each call that was settled in this process."""

    def install(self) -> None:
        """Listen."""
        provider_called.connect(_called, dispatch_uid=_UID)
        endpoint_state_changed.connect(_changed, dispatch_uid=_UID)

    def uninstall(self) -> None:
        """Listen no more."""
        provider_called.disconnect(dispatch_uid=_UID)
        endpoint_state_changed.disconnect(dispatch_uid=_UID)


def _called(call: ProviderCall, **_: Any) -> None:
    record_provider_call(
        provider=call.endpoint,
        outcome=call.outcome,
        failed=call.outcome not in NOT_ITS_FAULT,
        duration_ns=(call.duration_ms or 0) * NS_PER_MS,
        first_token_ns=None if call.first_token_ms is None else call.first_token_ms * NS_PER_MS,
        tokens_in=call.tokens_in,
        tokens_out=call.tokens_out,
        cost_micro_usd=round((call.cost or 0) * 1_000_000),
    )


def _changed(name: str, state: str, **_: Any) -> None:
    if state == OPEN:
        record_total(KIND, name)
