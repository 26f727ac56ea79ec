"""The groups a new site starts with: those who write, and those who also review and publish."""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from articles.access import GROUPS


def groups_ensure(sender: Any, using: str, apps: Any = installed, **kwargs: Any) -> None:
    """Make the groups that are missing; one that is there is an administrator's and stays as it is.

    Runs after each migration, also after one that has made only some of the tables, and then does nothing; and after
    ``flush``, which names no apps.
    """
    if not _has_tables(apps) or not (missing := _missing(using)):
        return
    create_permissions(sender, verbosity=0, using=using)  # whichever receiver runs first
    for name in missing:
        codenames = [permission.partition(".")[2] for permission in GROUPS[name]]
        group = Group.objects.using(using).create(name=name)
        found = Permission.objects.using(using).filter(content_type__app_label="articles", codename__in=codenames)
        group.permissions.set(found)


def _has_tables(apps: Any) -> bool:
    try:
        apps.get_model("auth", "Group"), apps.get_model("articles", "Article")
    except LookupError:
        return False
    return True


def _missing(using: str) -> list[str]:
    there = Group.objects.using(using).filter(name__in=GROUPS).values_list("name", flat=True)
    return sorted(set(GROUPS) - set(there))
