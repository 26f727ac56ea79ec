"""What an import would do with each article of a file. Nothing is written here.

Who the author is: the importing account; or, when that may change any article, the active account that the file names
as ``username``. An account may update only what it may edit. New articles are drafts; only who may publish can ask for
those to be published that the file says are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from articles.access import CHANGE, PUBLISH
from articles.content import Content
from articles.enums import Status
from articles.models import Article, Category
from articles.portability.checking import check_content, check_update, check_way
from articles.portability.pictures import Pictures
from articles.portability.source import Fault, FaultError, Source
from articles.services.importing import Arrival, Fate
from articles.slugs import slug_base

_COPIED_FIELDS = ("title", "slug", "excerpt", "language", "seo_title", "seo_description", "origin")
_MAX_SAME_TITLE = 50  # articles of one title that are looked at for a copy


class Existing(StrEnum):
    """What is done when the slug is taken."""

    SKIP = "skip"
    UPDATE = "update"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the importing account wants it."""

    existing: Existing = Existing.SKIP
    publish: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """One article of a file: what would become of it. With faults nothing would."""

    file: str
    line: int
    title: str = ""
    fate: Fate | None = None
    faults: tuple[Fault, ...] = ()
    publish: bool = False
    article_id: int | None = None  # that has the slug already
    arrival: Arrival | None = field(default=None, repr=False)
    source: Source | None = field(default=None, repr=False)


class Planner:
    """Plans the articles of one file, one after another; what it has seen it remembers.

    ``pictures`` are the images that come along.
    """

    def __init__(self, account: AbstractBaseUser, wishes: Wishes, pictures: Pictures) -> None:
        self._account, self._wishes, self._pictures = account, wishes, pictures
        self._may_change_all = _may(account, CHANGE)
        self._may_publish = _may(account, PUBLISH)
        self._seen: Counter[str] = Counter()
        self._category = cache(_category)
        self._author_named = cache(_author)

    def pass_over(self, source: Source) -> None:
        """Take note of an article that an earlier run of the same import has dealt with."""
        with suppress(FaultError):
            self._slug(source)

    def plan(self, source: Source) -> Planned:
        """Return what would become of one article; some six queries."""
        try:
            return self._planned(source)
        except FaultError as error:
            return Planned(source.file, source.line, source.given.get("title", ""), faults=error.faults, source=source)

    def _planned(self, source: Source) -> Planned:
        slug = self._slug(source)
        there = _article_at(slug)
        check_way(source)
        wanted = Fate.CREATE if there is None else Fate(self._wishes.existing.value)
        content = self._content(source, there.working() if there and wanted is Fate.UPDATE else None)
        fate = _settled(wanted, there, content)
        arrival = self._arrival(source, fate, there, content)
        self._check(source, arrival, there)
        return Planned(
            source.file, source.line, content.title, fate, publish=arrival.publish,
            article_id=there.pk if there else None, arrival=arrival, source=source,
        )  # fmt: skip

    def _slug(self, source: Source) -> str:
        """Return the address the article asks for, or would get; each at most once a file."""
        slug = source.given.get("slug", "").strip() or slug_base(source.given.get("title", ""))
        self._seen[slug] += 1
        if self._seen[slug] > 1:
            message = _("Another article of this import has the slug “%(slug)s”. Give one a new one.")
            raise FaultError(source.fault(message % {"slug": slug}, "slug"))
        return slug

    def _content(self, source: Source, before: Content | None) -> Content:
        """Return the content: of an update, fields that the file leaves out stay as they are."""
        changes: dict[str, Any] = {name: source.given[name] for name in _COPIED_FIELDS if name in source.given}
        if source.body is not None:
            changes["body"] = source.body
        if source.tags is not None:
            changes["tags"] = tuple(source.tags)
        if "category" in source.given:
            changes["category_id"] = self._category_id(source)
        if "cover" in source.given:
            changes["cover_id"] = self._cover_id(source)
        content = replace(before or Content(title=""), **changes)
        return self._pictures.settled(content.stripped(), source)

    def _category_id(self, source: Source) -> int | None:
        slug = source.given["category"].strip()
        found = self._category(slug) if slug else None
        if slug and found is None:
            message = _(
                "There is no category “%(slug)s”. Correct the line, leave it out, or have an editor make the category."
            )
            raise FaultError(source.fault(message % {"slug": slug}, "category"))
        return found

    def _cover_id(self, source: Source) -> int | None:
        """Return the cover's id; None also of one that comes along and is stored by the run."""
        name = source.given["cover"].strip()
        if not name:
            return None
        if (image := self._pictures.here(name)) is not None:
            return image.pk
        if self._pictures.comes_along(name):
            return None
        message = _("The image %(file)s is neither here nor in the archive. Put it there, or leave the line out.")
        raise FaultError(source.fault(message % {"file": name}, "cover"))

    def _check(self, source: Source, arrival: Arrival, there: Article | None) -> None:
        if arrival.fate is Fate.UPDATE and there is not None:
            check_update(source, there, self._account)
            check_content(source, there, arrival.content, goes_out=False)
        elif arrival.fate in (Fate.CREATE, Fate.COPY):
            content = arrival.content if arrival.fate is Fate.CREATE else replace(arrival.content, slug="")
            check_content(source, Article(author_id=self._account.pk), content, goes_out=arrival.publish)

    def _arrival(self, source: Source, fate: Fate, there: Article | None, content: Content) -> Arrival:
        creates = fate in (Fate.CREATE, Fate.COPY)
        return Arrival(
            fate=fate,
            content=content,
            author=self._author(source) if creates else self._account,
            article_id=there.pk if there and fate is Fate.UPDATE else None,
            version=there.version if there else 0,
            publish=creates and self._goes_out(source),
            published_at=_moment(source.given) if creates else None,
        )

    def _author(self, source: Source) -> AbstractBaseUser:
        name = source.given.get("username", "")
        found = self._author_named(name) if name and self._may_change_all else None
        return found or self._account

    def _goes_out(self, source: Source) -> bool:
        return self._wishes.publish and self._may_publish and source.given.get("status") == Status.PUBLISHED


def _settled(wanted: Fate, there: Article | None, content: Content) -> Fate:
    """Return ``wanted``, or that there is nothing to do, which makes a second run harmless."""
    if wanted is Fate.UPDATE and there is not None and content.same_as(_as_given(there, content)):
        return Fate.UNCHANGED
    if wanted is Fate.COPY and _has_copy(content):
        return Fate.UNCHANGED
    return wanted


def _as_given(there: Article, content: Content) -> Content:
    """Return the text that is there, without the fields that are made when a file leaves them empty."""
    working = there.working()
    slug = working.slug if content.slug else ""
    return replace(working, slug=slug, excerpt=working.excerpt if content.excerpt else "")


def _has_copy(content: Content) -> bool:
    """Whether an article says all that this one says, whatever its address."""
    same_title = Article.objects.select_related("draft").filter(title=content.title, language=content.language)
    copy = replace(content, slug="")
    return any(copy.same_as(_as_given(article, copy)) for article in same_title[:_MAX_SAME_TITLE])


def _article_at(slug: str) -> Article | None:
    return Article.objects.select_related("author", "draft").filter(slug=slug).first() if slug else None


def _moment(given: Mapping[str, str]) -> datetime | None:
    """Return when it was first published; a date of the future, or none that can be read, counts as now."""
    try:
        moment = parse_datetime(given.get("published_at", ""))
        if moment is not None and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and moment <= timezone.now() else None


def _category(slug: str) -> int | None:
    return Category.objects.filter(slug=slug).values_list("pk", flat=True).first()


def _author(name: str) -> AbstractBaseUser | None:
    return get_user_model().objects.filter(username=name, is_active=True).first()


def _may(account: Any, permission: str) -> bool:
    return bool(account.is_active and account.has_perm(permission))
