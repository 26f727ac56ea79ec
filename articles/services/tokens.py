"""What is done with access tokens: make one, take one in, end one, clear away old ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import AccessToken
from articles.tokens import DEFAULT_DAYS, SHOWN_CHARS, Scope, has_token_form, token_digest, token_new
from articles.validators import validate_text

MAX_LIVE = 50
_USED_EVERY = timedelta(minutes=1)
_KEPT_FOR = timedelta(days=30)


def token_create(
    *, user: AbstractBaseUser, scopes: Sequence[str], name: str = "", days: int = DEFAULT_DAYS
) -> tuple[AccessToken, str]:
    """Store a new token and return it with its text, which can't be had again; raises ValidationError."""
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        raise ValidationError({"scopes": _("Choose from %(known)s.") % {"known": ", ".join(Scope)}})
    validate_text(name)
    now = timezone.now()
    if tokens_live(user, now).count() >= MAX_LIVE:
        raise ValidationError(_("An account has at most %(most)d tokens. Revoke one first.") % {"most": MAX_LIVE})
    raw = token_new()
    token = AccessToken(
        user_id=user.pk, name=name.strip(), digest=token_digest(raw), prefix=raw[:SHOWN_CHARS],
        scopes=sorted(set(scopes)), expires_at=now + timedelta(days=days),
    )  # fmt: skip
    token.full_clean(exclude=["user"])
    token.save()
    return token, raw


def token_authenticate(*, raw: str) -> AccessToken | None:
    """Return the live token of this text with its user; None when it is unknown, ended, or its user is inactive."""
    if not has_token_form(raw):
        return None
    now = timezone.now()
    live = AccessToken.objects.filter(
        digest=token_digest(raw), revoked_at=None, expires_at__gt=now, user__is_active=True
    )
    token = live.select_related("user").first()
    if token is not None:
        _mark_used(token, now)
    return token


def token_revoke(*, token_id: int, user: AbstractBaseUser) -> bool:
    """End a token of ``user`` now; False when there is no such live one."""
    mine = AccessToken.objects.filter(pk=token_id, user_id=user.pk, revoked_at=None)
    return mine.update(revoked_at=timezone.now()) == 1


def tokens_live(user: AbstractBaseUser, now: datetime) -> QuerySet[AccessToken]:
    """Return the tokens of ``user`` that still open something."""
    return AccessToken.objects.filter(user_id=user.pk, revoked_at=None, expires_at__gt=now)


def tokens_clear(*, now: datetime | None = None) -> int:
    """Delete tokens that ended more than 30 days ago; return how many went."""
    limit = (now or timezone.now()) - _KEPT_FOR
    ended = AccessToken.objects.filter(Q(expires_at__lt=limit) | Q(revoked_at__lt=limit))
    return ended.delete()[0]


def _mark_used(token: AccessToken, now: datetime) -> None:
    # At most one write a minute, whatever the token's traffic.
    if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
