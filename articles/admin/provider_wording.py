"""How an endpoint's state is said in the admin."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from articles.models import ProviderEndpoint
from articles.providers.breaker import CLOSED, HALF_OPEN
from articles.providers.health import EndpointState


def state_kind(row: ProviderEndpoint, state: EndpointState | None, *, lost: bool) -> str:
    """Return the class that colours it: ``well``, ``waiting``, ``unwell`` or ``off``."""
    if not row.is_enabled:
        return "off"
    if lost:
        return "unwell"
    return endpoint_kind(state)


def endpoint_kind(state: EndpointState | None) -> str:
    """Return the class that colours an endpoint's state."""
    if state is None or (state.state == CLOSED and state.retry_at is None):
        return "well"
    return "waiting" if state.state in {CLOSED, HALF_OPEN} else "unwell"


def state_words(row: ProviderEndpoint, state: EndpointState | None, *, lost: bool) -> str:
    """Return the state as a sentence, with the reason."""
    if not row.is_enabled:
        return _("Not in use")
    if lost:
        return _("The stored key can't be read any more: SECRET_KEY was changed. Enter the key again.")
    return endpoint_words(state)


def endpoint_words(state: EndpointState | None) -> str:
    """Return an endpoint's state as a sentence, with the reason."""
    if state is None:
        return _("Well")
    until = time_format(localtime(state.retry_at), "H:i:s") if state.retry_at else ""
    if state.state == CLOSED:
        return _("It asked to be left alone until %(time)s UTC.") % {"time": until} if until else _("Well")
    if state.state == HALF_OPEN:
        return _("The next call tries it again. It failed last with: %(error)s") % {"error": state.error}
    return _("Left alone until %(time)s UTC, as it failed: %(error)s") % {"time": until, "error": state.error}


def price_words(price_in: Decimal, price_out: Decimal) -> str:
    """Return both prices, US$ a million tokens."""
    if not price_in and not price_out:
        return _("none")
    return _("%(price_in)s in, %(price_out)s out") % {
        "price_in": f"{price_in.normalize():f}", "price_out": f"{price_out.normalize():f}",
    }  # fmt: skip
