"""What is made before a load test: accounts with their rights and quotas, a category, articles to list and to find."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from articles.content import Content
from articles.enums import BudgetScope
from articles.fake.texts import Writer
from articles.fake.words import VOCABULARIES
from articles.models import Article, Budget, Category
from articles.selectors.search import article_search
from articles.services.articles import article_create
from articles.services.publishing import article_publish
from omniwriter.loadtest.names import TERMS, accounts_of, group_of, slug_of, title_of

JOBS_PER_DAY = 1_000_000
PER_TERM = 15  # articles that a search for one of the words should find
#: Behind everything else in lists and feeds, so that readers of a site that has articles don't meet these.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Login(NamedTuple):
    """An account of a run with its password, which is nowhere else."""

    user: User
    password: str

    def __repr__(self) -> str:
        return f"Login({self.user.username})"


class QuickHasher(PBKDF2PasswordHasher):
    """Hashes in a moment: slowness is for passwords that can be guessed. The login replaces it by the site's own."""

    iterations = 1_000


def group_make(run: int) -> Group:
    """Make the group of a run: who is in it may write drafts and have any number of texts written a day."""
    with transaction.atomic():
        group = Group.objects.create(name=group_of(run))
        group.permissions.set(Permission.objects.filter(content_type__app_label="articles", codename="add_article"))
        Budget.objects.create(scope=BudgetScope.GROUP, group=group, jobs_per_day=JOBS_PER_DAY)
    return group


def accounts_make(run: int, group: Group, number: int) -> list[Login]:
    """Make accounts of the group with random passwords; they are no staff and have no other right."""
    names = [f"{accounts_of(run)}{at}" for at in range(1, number + 1)]
    passwords = [secrets.token_urlsafe(32) for _ in names]
    hasher: Any = QuickHasher()
    with transaction.atomic():
        users = User.objects.bulk_create(
            User(username=name, password=make_password(password, hasher=hasher))
            for name, password in zip(names, passwords, strict=True)
        )
        members = User.groups.through
        members.objects.bulk_create(members(user_id=user.pk, group_id=group.pk) for user in users)
    return [Login(user, password) for user, password in zip(users, passwords, strict=True)]


def category_make(run: int) -> Category:
    """Make the category that the run's articles are filed under."""
    return Category.objects.create(name=title_of(run), slug=slug_of(run), description="Made by a load test.")


def articles_seed(run: int, authors: Sequence[User], category: Category) -> int:
    """Publish articles until each word finds ``PER_TERM`` or the site has so many of it; return how many were made."""
    made = 0
    for term in TERMS:
        found = len(article_search(query=term, limit=PER_TERM).hits)
        writer = Writer(VOCABULARIES["en"], term.capitalize(), random.Random(f"{run} {term}"))  # noqa: S311
        for number in range(1, PER_TERM - found + 1):
            text = writer.text()
            title, body = f"Load test {run}: {term} {number}", f"This text is about {term}.\n\n{text.body}"
            content = Content(title=title, body=body, excerpt=text.excerpt[:300], category_id=category.pk)
            _publish(content, authors[made % len(authors)])
            made += 1
    return made


def _publish(content: Content, author: User) -> None:
    with transaction.atomic():
        article = article_create(content=content, author=author)
        # Kept by the publication as the day it first went out.
        Article.objects.filter(pk=article.pk).update(published_at=LONG_AGO)
        article_publish(article_id=article.pk, actor=None)
