"""Who may see the dashboard, and who may start load tests, asked by every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

VIEW_PERMISSION = "perfmon.view_dashboard"
LOADTEST_PERMISSION = "perfmon.run_loadtest"


def may_view(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the user is staff or was given ``VIEW_PERMISSION``; never an inactive or anonymous one."""
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(getattr(user, "is_staff", False)) or bool(getattr(user, "has_perm", lambda _: False)(VIEW_PERMISSION))


def may_loadtest(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the user may see the dashboard and was given ``LOADTEST_PERMISSION``; superusers have it."""
    return may_view(user) and bool(getattr(user, "has_perm", lambda _: False)(LOADTEST_PERMISSION))
