"""One question to a provider, from the choice of an endpoint to the settled entry, failed over before the first words.

Once a word has come no other model goes on: a failure then is the job's, which tries again after a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from articles.enums import CallOutcome
from articles.generation import ledger
from articles.generation.errors import Cancelled, HandedOver, LeaseLost
from articles.generation.leases import Lease
from articles.generation.ledger import Measured
from articles.models import ProviderCall
from articles.providers import health
from articles.providers.base import ChatRequest, Delta, Endpoint, NoEndpoint, ProviderError
from articles.providers.calls import Call, open_call
from articles.providers.router import Turn, turn

TICK_S = 0.15  # a reader that waits for words looks so often whether it should stop

#: Takes a piece; returns False when enough has come. Called with an empty piece while nothing comes.
Take = Callable[[Delta], bool]
#: Told of each call that ended.
Settled = Callable[[ProviderCall], None]


class Question:
    """A request on its way to whichever endpoint answers it."""

    def __init__(self, lease: Lease, request: ChatRequest, *, purpose: str, section: int, settled: Settled) -> None:
        self._lease = lease
        self._request = request
        self._purpose = purpose
        self._section = section
        self._settled = settled
        self.endpoint: Endpoint | None = None
        self.measured = Measured()
        self.finish = ""

    def answer(self, take: Take) -> None:
        """Hand the answer to ``take`` piece by piece.

        Raises ProviderError, NoEndpoint, BudgetError, LeaseLost, Cancelled, HandedOver; the entry is settled by then.
        """
        avoid: set[str] = set()
        failed: ProviderError | None = None
        while True:
            try:
                with self._turn(avoid) as chosen:
                    return self._ask(chosen, take)
            except ProviderError as error:
                if self.measured.first_token_ms is not None or not error.elsewhere or self.endpoint is None:
                    raise
                failed = error
                avoid.add(self.endpoint.name)
            except NoEndpoint:
                if failed is not None:  # the others are no better off; this one can be told in words
                    raise failed from None
                raise

    def _turn(self, avoid: set[str]) -> AbstractContextManager[Turn]:
        job = self._lease.job
        return turn(self._request, user_id=job.owner_id, wanted=job.endpoint_wanted, avoid=avoid)

    def _ask(self, chosen: Turn, take: Take) -> None:
        endpoint = self.endpoint = chosen.endpoint
        entry = ledger.reserve(self._lease, endpoint, self._request, purpose=self._purpose, section=self._section)
        self.measured, started_s = Measured(), time.monotonic()
        outcome, failure = CallOutcome.LOST, None
        try:
            call = open_call(endpoint, self._request, trace_id=self._lease.job.trace_id)
            try:
                is_whole = self._listen(call, chosen, entry, take, started_s)
            finally:
                call.close()
            outcome = CallOutcome.OK if is_whole else CallOutcome.CUT
            health.succeeded(endpoint)
        except ProviderError as error:
            outcome, failure = error.outcome, error
            health.failed(endpoint, error)
            raise
        except (Cancelled, HandedOver, LeaseLost) as end:
            outcome = _OUTCOMES[type(end)]
            raise
        finally:
            self.measured.duration_ms = _ms_since(started_s)
            ledger.settle(entry, outcome, self.measured, error=failure)
            self._settled(entry)

    def _listen(self, call: Call, chosen: Turn, entry: ProviderCall, take: Take, started_s: float) -> bool:
        """Return True at the answer's end, False when ``take`` had enough."""
        measured = self.measured
        while True:
            if self._lease.watch():
                chosen.beat()
                ledger.progress(entry, measured.tokens)
            try:
                delta = call.next(TICK_S)
            except StopIteration:
                return True
            if delta is None:
                take(Delta(""))
                continue
            self._measure(delta, started_s)
            if not take(delta):
                return False

    def _measure(self, delta: Delta, started_s: float) -> None:
        measured = self.measured
        if delta.text and measured.first_token_ms is None:
            measured.first_token_ms = _ms_since(started_s)
        measured.text_chars += len(delta.text)
        measured.tokens = max(measured.tokens, delta.tokens)
        measured.usage = delta.usage or measured.usage
        measured.model = delta.model or measured.model
        self.finish = delta.finish or self.finish


_OUTCOMES: dict[type[Exception], CallOutcome] = {
    Cancelled: CallOutcome.CANCELLED, HandedOver: CallOutcome.HANDED_OVER, LeaseLost: CallOutcome.LOST,
}  # fmt: skip


def _ms_since(started_s: float) -> int:
    return round((time.monotonic() - started_s) * 1000)
