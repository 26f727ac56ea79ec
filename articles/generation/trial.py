"""Trying a connection: one tiny question to an endpoint, booked like any other, and what came of it in words."""

from __future__ import annotations

import dataclasses
import time
import uuid
from typing import NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.enums import CallOutcome
from articles.generation import ledger
from articles.generation.ledger import Measured
from articles.models import ProviderCall
from articles.models.generation import new_trace_id
from articles.providers import health
from articles.providers.base import ChatRequest, Endpoint, Message, ProviderError
from articles.providers.calls import Call, open_call
from articles.providers.probing import models_of

MOST_S = 20.0  # somebody waits for the page
_TOKENS = 64  # a model that thinks first needs some to come to a word
_MODELS_SHOWN = 8
_QUESTION = ChatRequest((Message("user", "Answer with one word: ready"),), max_tokens=_TOKENS, temperature=0.0)

#: What to do about each trouble; the sentence before it says what the trouble is.
_FIXES: dict[str, tuple[str | Promise, str | Promise]] = {
    CallOutcome.KEY_REJECTED: (
        gettext_lazy("The provider rejects the key."),
        gettext_lazy("Copy it again from the provider's page, and look there whether the account has credit."),
    ),
    CallOutcome.REJECTED: (
        gettext_lazy("The provider rejects the request."),
        gettext_lazy("Look whether the model's name and the address are as the provider writes them."),
    ),
    CallOutcome.BUSY: (
        gettext_lazy("The provider has too many calls of this account."),
        gettext_lazy("Wait a moment and try again, or raise the account's limits there."),
    ),
    CallOutcome.UNREACHABLE: (
        gettext_lazy("Nothing answers at this address."),
        gettext_lazy("Look whether the address is right, and whether this server may reach it."),
    ),
    CallOutcome.TIMEOUT: (
        gettext_lazy("The provider took the request, and no words came in time."),
        gettext_lazy("A model that is being loaded may need longer: try again in a minute."),
    ),
    CallOutcome.SERVER_ERROR: (
        gettext_lazy("The provider failed."),
        gettext_lazy("That is not yours to mend: try again later, or look at the provider's status page."),
    ),
    CallOutcome.BROKEN: (
        gettext_lazy("What answers here does not stream as OpenAI's API does."),
        gettext_lazy("Look whether the address ends with the version, such as /v1."),
    ),
    CallOutcome.REFUSED: (
        gettext_lazy("The provider's moderation refused a harmless question."),
        gettext_lazy("Look at the account's settings there."),
    ),
}


class Trial(NamedTuple):
    """What came of it, in the reader's language."""

    is_well: bool
    words: str


def endpoint_try(endpoint: Endpoint, account_id: int) -> Trial:
    """Ask an endpoint for a word; takes at most ``MOST_S``."""
    wait_s = min(MOST_S, endpoint.first_token_s, endpoint.total_s)
    endpoint = dataclasses.replace(endpoint, first_token_s=wait_s, total_s=wait_s)
    entry, measured = _booked(endpoint, account_id), Measured()
    try:
        _listen(open_call(endpoint, _QUESTION, trace_id=entry.trace_id), measured)
    except ProviderError as error:
        ledger.settle(entry, error.outcome, measured, error=error)
        health.failed(endpoint, error)
        return Trial(False, _trouble(endpoint, error))
    ledger.settle(entry, CallOutcome.OK, measured)
    health.forget(endpoint.name)
    words = _("It works: %(model)s answered, with the first words after %(first)d ms.")
    return Trial(True, words % {"model": measured.model or endpoint.model, "first": measured.first_token_ms or 0})


def _booked(endpoint: Endpoint, account_id: int) -> ProviderCall:
    return ProviderCall.objects.create(
        number=1, lease=uuid.uuid4(), owner_id=account_id, purpose="trial", endpoint=endpoint.name,
        model=endpoint.model, tokens_in=_QUESTION.estimated_tokens_in, is_estimate=True, price_in=endpoint.price_in,
        price_out=endpoint.price_out, reserved=endpoint.most_cost(_QUESTION), trace_id=new_trace_id(),
        started_at=timezone.now(),
    )  # fmt: skip


def _listen(call: Call, measured: Measured) -> None:
    started_s = time.monotonic()
    try:
        while True:
            piece = call.next(MOST_S)
            if piece is None:
                continue
            if measured.first_token_ms is None:
                measured.first_token_ms = round((time.monotonic() - started_s) * 1000)
            measured.text_chars += len(piece.text)
            measured.tokens, measured.model = piece.tokens, piece.model
            measured.usage = piece.usage or measured.usage
    except StopIteration:
        return
    finally:
        measured.duration_ms = round((time.monotonic() - started_s) * 1000)
        call.close()


def _trouble(endpoint: Endpoint, error: ProviderError) -> str:
    what, fix = _FIXES[error.outcome]
    said = _("It said: %(message)s") % {"message": error.message}
    words = [str(what), said, str(fix)]
    if error.outcome == CallOutcome.REJECTED and (offered := models_of(endpoint)):
        shown = ", ".join(offered[:_MODELS_SHOWN]) + (", …" if len(offered) > _MODELS_SHOWN else "")
        words.append(_("It offers these models: %(models)s.") % {"models": shown})
    return " ".join(words)
