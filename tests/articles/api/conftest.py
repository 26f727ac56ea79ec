"""People of the API, and the programs that work for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache

from articles.services.tokens import token_create
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, Program


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    """Forget who asked how often: one minute holds many tests."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def program(db: None) -> MakeProgram:
    """Make a program that works for an account."""

    def make(user: User, *scopes: Scope) -> Program:
        return Program(token_create(user=user, scopes=scopes or tuple(Scope))[1])

    return make


@pytest.fixture
def chief(db: None) -> User:
    """Somebody with every permission on articles who is not the author, and no superuser."""
    user = User.objects.create_user("graciliano", password="a long password", first_name="Graciliano", last_name="Reis")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="articles"))
    return user
