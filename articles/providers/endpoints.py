"""All endpoints there are: those of the settings, and the rows that administrators made.

Some rows are reserved for a group: its accounts are answered by them alone, and nobody else ever is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.signals import setting_changed
from django.db.models.signals import post_delete, post_save

from articles.models import ProviderEndpoint
from articles.providers.base import Endpoint
from articles.providers.secrets import SecretLost, opened

logger = logging.getLogger(__name__)

KEPT_S = 2.0  # so that a worker does not read the table for each call
_FIELDS = (
    "name", "base_url", "model", "weight", "max_in_flight", "context_tokens", "first_token_s", "total_s", "price_in",
    "price_out", "takes_schema", "new_token_limit", "extra",
)  # fmt: skip

_lock = threading.Lock()
_kept: tuple[float, list[Endpoint]] | None = None


def endpoints() -> list[Endpoint]:
    """Return the endpoints that are in use and reserved for nobody, those of the settings first; a name counts once."""
    return [endpoint for endpoint in _all() if endpoint.reserved_for is None]


def endpoints_of(account_id: int) -> list[Endpoint]:
    """Return who may answer an account: what is reserved for its groups, or else what is reserved for nobody."""
    everything = _all()
    reserved = {endpoint.reserved_for for endpoint in everything if endpoint.reserved_for is not None}
    its = _groups_of(account_id, reserved) if reserved else frozenset[int]()
    return [endpoint for endpoint in everything if endpoint.reserved_for in its] if its else endpoints()


def endpoint_named(name: str, account_id: int | None = None) -> Endpoint | None:
    """Return an endpoint that is in use, and that answers the account when one is given."""
    found = endpoints() if account_id is None else endpoints_of(account_id)
    return next((endpoint for endpoint in found if endpoint.name == name), None)


def of_settings() -> list[Endpoint]:
    """Return the endpoints that ``LLM_ENDPOINTS`` names; their addresses may be private ones."""
    return [_of_entry(entry) for entry in settings.LLM_ENDPOINTS]


def of_row(row: ProviderEndpoint) -> Endpoint:
    """Return what a row describes, with its key in clear; raises SecretLost."""
    values = {name: getattr(row, name) for name in _FIELDS}
    group_id = row.reserved_for_id
    return Endpoint(
        key=opened(row.secret), languages=tuple(row.languages), reserved_for=group_id, trusted=group_id is not None,
        **values,
    )  # fmt: skip


def endpoints_forget(**_: Any) -> None:
    """Read anew next time: something has changed."""
    global _kept
    _kept = None


def connect() -> None:
    """Follow the changes that this process makes; those of others are seen within ``KEPT_S``."""
    for signal in (post_save, post_delete):
        signal.connect(endpoints_forget, sender=ProviderEndpoint, dispatch_uid="providers.endpoints")
    setting_changed.connect(endpoints_forget, dispatch_uid="providers.endpoints")


def _all() -> list[Endpoint]:
    global _kept
    kept = _kept
    if kept is None or time.monotonic() - kept[0] > KEPT_S:
        with _lock:
            kept = _kept = (time.monotonic(), [*of_settings(), *_of_database()])
    return list({endpoint.name: endpoint for endpoint in reversed(kept[1])}.values())[::-1]


def _groups_of(account_id: int, among: Collection[int]) -> frozenset[int]:
    memberships = get_user_model().groups.through.objects.filter(user_id=account_id, group_id__in=among)
    return frozenset(memberships.values_list("group_id", flat=True))


def _of_entry(entry: dict[str, Any]) -> Endpoint:
    values = {**entry, "trusted": True}
    if "languages" in values:
        values["languages"] = tuple(values["languages"])
    return Endpoint(**values)


def _of_database() -> list[Endpoint]:
    found = []
    for row in ProviderEndpoint.objects.filter(is_enabled=True):
        try:
            found.append(of_row(row))
        except SecretLost as error:
            logger.warning("The provider %s is left out: %s", row.name, error)
    return found
