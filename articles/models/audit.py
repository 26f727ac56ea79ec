"""Who did what with which article, and when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.enums import Action, Status
from articles.limits import MAX_NOTE_CHARS, MAX_TITLE_CHARS
from articles.models.article import Article
from articles.validators import validate_text


class AuditEntry(models.Model):
    """One step of one article. Written by the services in the step's own transaction, never changed."""

    article = models.ForeignKey(
        Article, null=True, on_delete=models.SET_NULL, related_name="audit_entries", db_index=False
    )
    title = models.CharField(_("title"), max_length=MAX_TITLE_CHARS, help_text=_("As it was then."))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+",
        help_text=_("Empty: the site itself, on schedule."),
    )  # fmt: skip
    action = models.CharField(_("step"), max_length=12, choices=Action)
    from_status = models.CharField(_("from"), max_length=12, choices=Status, blank=True)
    to_status = models.CharField(_("to"), max_length=12, choices=Status)
    version = models.PositiveIntegerField(_("version"))
    note = models.CharField(_("note"), max_length=MAX_NOTE_CHARS, blank=True, validators=[validate_text])
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        constraints = [models.CheckConstraint(name="audit_action_known", condition=Q(action__in=Action.values))]
        indexes = [
            models.Index(name="audit_of_article", fields=["article", "-id"]),
            # The admin's list, newest first.
            models.Index(name="audit_newest", fields=["-at", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.title}"
