"""Who may see the dashboard."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from perfmon.access import may_view

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({}, False),
        ({"is_staff": True}, True),
        ({"is_superuser": True}, True),
        ({"is_staff": True, "is_active": False}, False),
        ({"is_superuser": True, "is_active": False}, False),
    ],
)
def test_staff_and_those_with_the_permission_may_while_active(given: dict[str, bool], allowed: bool) -> None:
    user = get_user_model().objects.create_user("ana", password="x" * 12, **given)
    assert may_view(user) is allowed


def test_visitors_may_not() -> None:
    assert not may_view(AnonymousUser())
