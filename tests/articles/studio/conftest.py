"""The studio's people, each in a browser of their own."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client


def logged_in(account: User) -> Client:
    """Return a client in which the account is logged in."""
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def writer(author: User) -> Client:
    """The browser of Clarice, who writes."""
    return logged_in(author)


@pytest.fixture
def reviewer_account(db: None) -> User:
    """Bento, who edits, reviews and publishes."""
    user = User.objects.create_user("bento", password="a long password", first_name="Bento", last_name="Reis")
    user.groups.add(Group.objects.get(name="Editors"))
    return user


@pytest.fixture
def reviewer(reviewer_account: User) -> Client:
    """The browser of Bento."""
    return logged_in(reviewer_account)


@pytest.fixture
def visitor(db: None) -> Client:
    """The browser of an account without any right."""
    return logged_in(User.objects.create_user("paulo", password="a long password"))
