"""Scoped tokens for programs: stored as a digest, shown once, refused by one door for all.

A raw token is ``pm_`` and 43 URL-safe characters (256 random bits), so a plain SHA-256 is enough: there is nothing to
guess and nothing to slow down.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

PREFIX = "pm_"
RAW_CHARS = len(PREFIX) + 43
SCOPES = {
    "metrics:write": _("Send metrics to POST /api/metrics"),
    "live:read": _("Subscribe to the live websocket"),
    "data:read": _("Read GET /api/dashboard/data"),
}
_SHOWN_CHARS = len(PREFIX) + 6
_USED_EVERY = timedelta(minutes=1)


class ApiToken(models.Model):
    """A program's key: what it may do, who made it, until when; the key itself is not kept.

    It does not outlive the account it was made by, and stops with it when that is made inactive.
    """

    name = models.CharField(_("name"), max_length=100, help_text=_("Which program uses it."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, help_text=_("Empty: never."))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        app_label = "perfmon"
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def allows(self, scope: str) -> bool:
        """Whether the token carries the scope."""
        return scope in self.scopes


def token_create(
    *,
    name: str,
    scopes: Sequence[str],
    created_by: AbstractBaseUser | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Store a new token and return it with its raw text, which can't be had again; raises ValidationError."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ValidationError({"scopes": f"Choose from {', '.join(SCOPES)}; got {', '.join(unknown) or 'none'}."})
    raw = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name.strip(),
        digest=_digest(raw),
        prefix=raw[:_SHOWN_CHARS],
        scopes=sorted(set(scopes)),
        created_by=created_by,  # type: ignore[misc]
        expires_at=expires_at,
    )
    token.full_clean()
    token.save()
    return token, raw


def token_authenticate(*, raw: str, scope: str = "") -> ApiToken | None:
    """Return the live token of this raw text, or None: unknown, revoked, expired, or without the ``scope`` given."""
    if len(raw) != RAW_CHARS or not raw.startswith(PREFIX):
        return None
    digest, now = _digest(raw), timezone.now()
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    owned = Q(created_by__isnull=True) | Q(created_by__is_active=True)
    token = ApiToken.objects.filter(live, owned, digest=digest, revoked_at__isnull=True).first()
    if token is None or not hmac.compare_digest(token.digest, digest) or (scope and not token.allows(scope)):
        return None
    _mark_used(token, now)
    return token


def token_revoke(*, token_id: int) -> bool:
    """End a token now; False when it does not exist or was revoked before."""
    live = ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True)
    return live.update(revoked_at=timezone.now()) == 1


def bearer(header: str) -> str:
    """Return the raw token of an ``Authorization: Bearer ...`` header, or an empty string."""
    kind, _space, raw = header.partition(" ")
    return raw.strip() if kind.lower() == "bearer" else ""


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def _mark_used(token: ApiToken, now: datetime) -> None:
    # At most one write a minute, whatever the token's traffic.
    if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
