"""The article as it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modelsearch.index import Indexed

from articles.content import CONTENT_COLUMNS, Content
from articles.enums import Language, Origin, Status
from articles.limits import (
    MAX_BODY_CHARS,
    MAX_EXCERPT_CHARS,
    MAX_SEO_DESCRIPTION_CHARS,
    MAX_SEO_TITLE_CHARS,
    MAX_SLUG_CHARS,
    MAX_TITLE_CHARS,
)
from articles.querysets import ArticleQuerySet
from articles.search.fields import ARTICLE_FIELDS
from articles.validators import validate_not_blank, validate_text

if TYPE_CHECKING:
    from articles.models.revision import Draft


class Article(Indexed, models.Model):
    """One text with its way to the readers. Written through ``articles.services`` only.

    Of a published article these columns are what readers see; changes to it wait in its ``Draft``. Of any other they
    are what its writers see. ``working`` returns the one that is being written.
    """

    title = models.CharField(_("title"), max_length=MAX_TITLE_CHARS, validators=[validate_text, validate_not_blank])
    slug = models.SlugField(
        _("slug"),
        max_length=MAX_SLUG_CHARS,
        blank=True,
        db_index=False,  # the constraint below is its index
        help_text=_("The article's address. Left empty, it is made from the title."),
    )
    body = models.TextField(
        _("text"),
        blank=True,  # a draft may be no more than a title; what goes to review or out may not
        validators=[MaxLengthValidator(MAX_BODY_CHARS), validate_text],
        help_text=_("Markdown."),
    )
    excerpt = models.CharField(
        _("excerpt"),
        max_length=MAX_EXCERPT_CHARS,
        blank=True,
        validators=[validate_text],
        help_text=_("What lists show. Left empty, it is taken from the first paragraph."),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="articles"
    )
    language = models.CharField(_("language"), max_length=8, choices=Language, default=Language.ENGLISH)
    category = models.ForeignKey(
        "articles.Category", verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="articles", db_index=False,  # its page is served by a partial index below
    )  # fmt: skip
    tags = models.ManyToManyField("articles.Tag", verbose_name=_("tags"), blank=True, related_name="articles")
    cover = models.ForeignKey(
        "articles.Image", verbose_name=_("cover image"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="covered",
    )  # fmt: skip
    seo_title = models.CharField(
        _("search title"), max_length=MAX_SEO_TITLE_CHARS, blank=True, validators=[validate_text],
        help_text=_("What search engines show. Left empty, it is the title."),
    )  # fmt: skip
    seo_description = models.CharField(
        _("search description"), max_length=MAX_SEO_DESCRIPTION_CHARS, blank=True, validators=[validate_text],
        help_text=_("What search engines show below the title. Left empty, it is the excerpt."),
    )  # fmt: skip
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.HUMAN)
    words = models.PositiveIntegerField(_("words"), default=0, editable=False)

    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)
    unpublish_at = models.DateTimeField(_("unpublish at"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    live_updated_at = models.DateTimeField(
        _("live text changed at"), null=True, blank=True, help_text=_("When what readers see was last changed.")
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("approved by"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", db_index=False, help_text=_("Of the text as it is now; a later change takes it away."),
    )  # fmt: skip
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    version = models.PositiveIntegerField(_("version"), default=1)

    view_count = models.PositiveBigIntegerField(_("views"), default=0, editable=False)
    popularity = models.FloatField(
        _("popularity"), default=0.0, editable=False,
        help_text=_("Logarithm of the decayed views, on a scale that makes rows of any age comparable."),
    )  # fmt: skip

    objects = ArticleQuerySet.as_manager()

    search_fields = ARTICLE_FIELDS
    search_auto_update = False  # articles.search.upkeep follows what readers see, not each save

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        permissions = [
            ("review_article", "Can approve articles of others and return them"),
            ("publish_article", "Can publish, schedule and archive any article"),
        ]
        constraints = [
            # Not unique=True on the field: on PostgreSQL that adds a second index, for LIKE, which nothing asks for.
            models.UniqueConstraint(name="article_slug_unique", fields=["slug"]),
            models.CheckConstraint(name="article_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="article_language_known", condition=Q(language__in=Language.values)),
            # Public lists are ordered by it, so a published article without a date would be on no page.
            models.CheckConstraint(
                name="article_published_has_date",
                condition=~Q(status=Status.PUBLISHED) | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(name="article_title_not_blank", condition=GreaterThan(Length(Trim("title")), 0)),
            models.CheckConstraint(name="article_slug_not_blank", condition=~Q(slug="")),
            # TextField has no limit of its own, and a text is rendered on each read.
            models.CheckConstraint(
                name="article_body_bounded", condition=LessThanOrEqual(Length("body"), MAX_BODY_CHARS)
            ),
            models.CheckConstraint(name="article_version_positive", condition=Q(version__gte=1)),
            models.CheckConstraint(name="article_origin_known", condition=Q(origin__in=Origin.values)),
            # The scheduler looks for dates; without one the article would wait for ever.
            models.CheckConstraint(
                name="article_scheduled_has_date",
                condition=~Q(status=Status.SCHEDULED) | Q(publish_at__isnull=False),
            ),
        ]
        indexes = [
            # The site's list: one language, keyset pages in this very order. Partial: drafts cost it nothing.
            models.Index(
                name="article_public_by_language",
                fields=["language", "-published_at", "-id"],
                condition=Q(status=Status.PUBLISHED),
            ),
            # The API's list without a language, whose order the index above can't give.
            models.Index(name="article_public", fields=["-published_at", "-id"], condition=Q(status=Status.PUBLISHED)),
            # The admin's list, which shows every status, last changed first.
            models.Index(name="article_changed", fields=["-updated_at", "-id"]),
            # The same list and the studio's queues, of one status.
            models.Index(name="article_changed_in_status", fields=["status", "-updated_at", "-id"]),
            # What waits for a reviewer: its number stands on every page of the studio.
            models.Index(
                name="article_awaits_review",
                fields=["author"],
                condition=Q(status=Status.REVIEW, approved_at__isnull=True),
            ),
            # Words inside titles and slugs, in the admin: trigrams on PostgreSQL. SQLite has none, and takes this for
            # an index of both columns, which it reads through instead of the table with its texts.
            GinIndex(name="article_title_parts", fields=["title", "slug"], opclasses=["gin_trgm_ops", "gin_trgm_ops"]),
            # The studio's list of one writer's articles.
            models.Index(name="article_of_author", fields=["author", "-updated_at", "-id"]),
            # The admin's list of one category, and the look whether one may be deleted.
            models.Index(name="article_of_category", fields=["category", "-updated_at", "-id"]),
            # The admin's list of one origin; what machines wrote may be few among many.
            models.Index(name="article_of_origin", fields=["origin", "-updated_at", "-id"]),
            # Category pages and feeds; partial, as only published ones are asked for by category.
            models.Index(
                name="article_public_category",
                fields=["category", "language", "-published_at", "-id"],
                condition=Q(status=Status.PUBLISHED),
            ),
            # Author pages.
            models.Index(
                name="article_public_author",
                fields=["author", "language", "-published_at", "-id"],
                condition=Q(status=Status.PUBLISHED),
            ),
            # The popular list.
            models.Index(
                name="article_popular", fields=["language", "-popularity", "-id"], condition=Q(status=Status.PUBLISHED)
            ),
            # The sitemap's pages: by id, so that a page keeps its articles.
            models.Index(name="article_sitemap", fields=["id"], condition=Q(status=Status.PUBLISHED)),
            # The scheduler, every 15 s, and the calendar.
            models.Index(name="article_due", fields=["publish_at"], condition=Q(status=Status.SCHEDULED)),
            models.Index(
                name="article_ending",
                fields=["unpublish_at"],
                condition=Q(status=Status.PUBLISHED, unpublish_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The article's page."""
        return reverse("articles:detail", args=[self.slug])

    @classmethod
    def get_indexed_objects(cls) -> ArticleQuerySet:
        """What the search may know of: modelsearch asks here before it adds one, and when it rebuilds."""
        return cls.objects.published().select_related("category").prefetch_related("tags")

    @property
    def is_public(self) -> bool:
        """Whether readers may see it."""
        return self.status == Status.PUBLISHED

    @property
    def pending(self) -> Draft | None:
        """The changes that wait behind the published text, if any; join ``draft`` to save the query."""
        return getattr(self, "draft", None)

    def content(self, tags: Iterable[str] | None = None) -> Content:
        """Return this row's own text as a value; without ``tags`` given, they are read."""
        names = self.tags.values_list("name", flat=True) if tags is None else tags
        return Content(**{name: getattr(self, name) for name in CONTENT_COLUMNS}, tags=tuple(names))

    def working(self) -> Content:
        """Return what is being written: the changes when there are any, the row's own text otherwise."""
        pending = self.pending
        return pending.written if pending else self.content()
