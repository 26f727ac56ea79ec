"""Who may see which article."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin

from articles.models import Article


def may_read(user: AbstractBaseUser | AnonymousUser, article: Article) -> bool:
    """Whether ``user`` may see it: anybody what is published, holders of ``articles.view_article`` the rest."""
    if article.is_public:
        return True  # before the user is looked at, which would cost a query
    return isinstance(user, PermissionsMixin) and user.has_perm("articles.view_article")
