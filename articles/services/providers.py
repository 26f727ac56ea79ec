"""What is done with endpoints that administrators connect: store one with its key, which nobody reads again."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from articles.models import ProviderEndpoint
from articles.providers import health
from articles.providers.addresses import AddressRefused, address_check, host_check, private_allowed
from articles.providers.endpoints import of_settings
from articles.providers.secrets import SecretLost, hint_of, resealed, sealed

#: Fields of a request that are made for each; the further fields of an endpoint may not replace them.
RESERVED_FIELDS = frozenset({"model", "messages", "stream", "max_tokens", "max_completion_tokens"})
MAX_KEY_CHARS = 500


def endpoint_save(*, endpoint: ProviderEndpoint, key: str = "", forget_key: bool = False) -> None:
    """Store an endpoint; raises ValidationError naming fields.

    An empty ``key`` keeps the stored one, which is encrypted anew with today's SECRET_KEY. It stays with the host that
    it was given for. What was known of the endpoint's health is forgotten, as it may be another one now.
    """
    stored = ProviderEndpoint.objects.filter(pk=endpoint.pk).first()
    endpoint.base_url = endpoint.base_url.strip().rstrip("/")
    errors = _errors_of(endpoint, key, "" if forget_key else _kept_secret(stored), stored)
    if errors:
        raise ValidationError(errors)
    if key:
        endpoint.secret, endpoint.secret_hint = sealed(key), hint_of(key)
    elif forget_key:
        endpoint.secret = endpoint.secret_hint = ""
    elif endpoint.secret:
        endpoint.secret = _resealed(endpoint.secret)
    endpoint.save()
    transaction.on_commit(lambda: health.forget(endpoint.name))


def _errors_of(
    endpoint: ProviderEndpoint, key: str, kept: str, stored: ProviderEndpoint | None
) -> dict[str, list[str]]:
    address_error = _address_error(endpoint, has_key=bool(key or kept))
    found = {
        "name": _name_error(endpoint),
        "base_url": address_error,
        "key": "" if address_error else _key_error(endpoint, key, kept, stored),
        "extra": _extra_error(endpoint),
    }
    return {field: [words] for field, words in found.items() if words}


def _name_error(endpoint: ProviderEndpoint) -> str:
    if endpoint.name in {known.name for known in of_settings()}:
        return _("The settings have an endpoint of this name. Choose another.")
    return ""


def _address_error(endpoint: ProviderEndpoint, *, has_key: bool) -> str:
    try:
        address_check(endpoint.base_url)
        host_check(endpoint.base_url)
    except AddressRefused as error:
        return str(error)
    if has_key and endpoint.base_url.startswith("http:") and not private_allowed():
        return _("The key would be sent unencrypted. Use an address that starts with https://.")
    return ""


def _key_error(endpoint: ProviderEndpoint, key: str, kept: str, stored: ProviderEndpoint | None) -> str:
    if len(key) > MAX_KEY_CHARS or not (key.isascii() and key.isprintable()) or " " in key:
        return _("This is no key: it has characters that a key can't have. Copy it again.")
    if kept and not key and stored is not None and _origin(stored.base_url) != _origin(endpoint.base_url):
        return _(
            "The address leads to another host. Enter its key: the stored one stays with the host it was given for."
        )
    return ""


def _extra_error(endpoint: ProviderEndpoint) -> str:
    if not isinstance(endpoint.extra, dict):
        return _('Write a JSON object, such as {"top_p": null}.')
    if taken := sorted(RESERVED_FIELDS & endpoint.extra.keys()):
        return _("These are set for each request: %(fields)s. Leave them out.") % {"fields": ", ".join(taken)}
    return ""


def _kept_secret(stored: ProviderEndpoint | None) -> str:
    return stored.secret if stored is not None else ""


def _resealed(secret: str) -> str:
    try:
        return resealed(secret)
    except SecretLost:
        return secret  # as unreadable as before; the list says so


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
