"""What was written and when: the unpublished changes of a published article, and every saved state of all."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.content import Content
from articles.enums import RevisionKind
from articles.limits import MAX_REVISION_NAME_CHARS
from articles.models.article import Article
from articles.validators import validate_text


class Draft(models.Model):
    """Changes to a published article that readers don't see yet; gone once published or discarded."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="draft")
    content = models.JSONField(_("content"), help_text=_("A Content, as its to_json writes it."))
    category = models.ForeignKey(
        "articles.Category", verbose_name=_("category"), null=True, on_delete=models.PROTECT, related_name="drafts",
        help_text=_("The one in the content, so that it is not deleted while the changes wait."),
    )  # fmt: skip
    in_review = models.BooleanField(_("in review"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        indexes = [
            # The review queue's second half; the rows out of review cost it nothing.
            models.Index(name="draft_in_review", fields=["updated_at"], condition=Q(in_review=True)),
        ]

    def __str__(self) -> str:
        return f"{self.article_id}"

    @property
    def written(self) -> Content:
        """The changes as a value."""
        return Content.from_json(self.content)


class Revision(models.Model):
    """One saved state of an article's content, never changed afterwards but for its name."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    version = models.PositiveIntegerField(_("version"), help_text=_("The article's version that this content was."))
    kind = models.CharField(_("kind"), max_length=12, choices=RevisionKind, default=RevisionKind.SAVE)
    name = models.CharField(_("name"), max_length=MAX_REVISION_NAME_CHARS, blank=True, validators=[validate_text])
    content = models.JSONField(_("content"), help_text=_("A Content, as its to_json writes it."))
    words = models.PositiveIntegerField(_("words"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [
            # Also the index of an article's list of revisions, newest first by a backward scan.
            models.UniqueConstraint(name="revision_version_unique", fields=["article", "version"]),
            models.CheckConstraint(name="revision_kind_known", condition=Q(kind__in=RevisionKind.values)),
        ]
        indexes = [
            # The hourly thinning looks only at old, unnamed autosaves.
            models.Index(
                name="revision_autosaves", fields=["created_at"], condition=Q(kind=RevisionKind.AUTOSAVE, name="")
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.article_id} v{self.version}"

    @property
    def written(self) -> Content:
        """The content as a value."""
        return Content.from_json(self.content)
