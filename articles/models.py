"""The article as it is stored."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from articles.enums import Language, Status
from articles.limits import MAX_BODY_CHARS, MAX_EXCERPT_CHARS, MAX_SLUG_CHARS, MAX_TITLE_CHARS
from articles.querysets import ArticleQuerySet
from articles.validators import validate_not_blank, validate_text


class Article(models.Model):
    """One text with its way to the readers. Written through ``articles.services`` only."""

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
        validators=[MaxLengthValidator(MAX_BODY_CHARS), validate_text, validate_not_blank],
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
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    version = models.PositiveIntegerField(_("version"), default=1)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
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
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The article's page."""
        return reverse("articles:detail", args=[self.slug])

    @property
    def is_public(self) -> bool:
        """Whether readers may see it."""
        return self.status == Status.PUBLISHED
