"""Endpoints that a program of the site connects for a group of accounts, such as those of a load test."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from articles.models import ProviderEndpoint
from articles.providers.addresses import AddressRefused
from articles.providers.secrets import sealed

MOST_IN_FLIGHT = 256


def endpoint_reserve(*, name: str, group: Group, base_url: str, key: str, model: str) -> ProviderEndpoint:
    """Have the group's accounts answered by this endpoint and by no other, and nobody else by it; it costs nothing.

    It goes with the group. Processes that write know of it after ``providers.endpoints.KEPT_S``: nothing may be asked
    for these accounts before. Raises AddressRefused unless it is on this machine, as no administrator sees it.
    """
    if not _is_loopback(urlsplit(base_url).hostname or ""):
        raise AddressRefused(_("A reserved endpoint has to be on this machine."))
    return ProviderEndpoint.objects.create(
        name=name, reserved_for=group, base_url=base_url, secret=sealed(key), model=model,
        max_in_flight=MOST_IN_FLIGHT,
    )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
