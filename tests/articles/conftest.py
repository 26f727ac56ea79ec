"""Articles and their people, made through the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client

from articles.content import Content
from articles.models import Article
from articles.services.articles import article_create
from articles.services.publishing import article_publish

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def author(db: None) -> User:
    """A writer who may add articles and no more."""
    user = User.objects.create_user("clarice", password="a long password", first_name="Clarice", last_name="Lima")
    user.user_permissions.add(Permission.objects.get(codename="add_article"))
    return user


@pytest.fixture
def draft(author: User) -> Callable[..., Article]:
    """Make a draft."""

    def make(title: str = "A quiet morning", body: str = "Words.", **fields: Any) -> Article:
        writer = fields.pop("author", author)
        return article_create(content=Content(title=title, body=body, **fields), author=writer)

    return make


@pytest.fixture
def published(draft: Callable[..., Article]) -> Callable[..., Article]:
    """Publish an article, each a minute after the one before."""
    moment = START

    def make(title: str = "A quiet morning", **fields: Any) -> Article:
        nonlocal moment
        moment += timedelta(minutes=1)
        with time_machine.travel(moment, tick=False):
            return article_publish(article_id=draft(title, **fields).pk, actor=None)

    return make


@pytest.fixture
def editor(db: None) -> Client:
    """A client logged in as somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("ana", password="a long password"))
    return client
