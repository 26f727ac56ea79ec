"""Work on many articles that takes longer than a request."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.enums import BulkKind, JobStatus


class BulkJob(models.Model):
    """One bulk action, export or import: the row is the truth, the task carries only its id.

    ``failures`` lists ``{"id" or "file", "line", "field", "message"}``, at most so many as the runner keeps.
    ``beat_at`` is also the runner's lease: who writes a newer one has the job.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=BulkKind)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    parameters = models.JSONField(_("parameters"), default=dict)
    status = models.CharField(_("status"), max_length=12, choices=JobStatus, default=JobStatus.WAITING)
    total = models.PositiveIntegerField(_("total"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    failures = models.JSONField(_("failures"), default=list)
    position = models.BigIntegerField(
        _("position"), default=0, help_text=_("Where a resumed job goes on; its handler says what that means.")
    )
    file = models.CharField(_("file"), max_length=200, blank=True, help_text=_("Below the owner's private folder."))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    beat_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")
        constraints = [
            models.CheckConstraint(name="bulk_kind_known", condition=Q(kind__in=BulkKind.values)),
            models.CheckConstraint(name="bulk_status_known", condition=Q(status__in=JobStatus.values)),
        ]
        indexes = [
            models.Index(name="bulk_of_owner", fields=["owner", "-id"]),
            # The look for jobs whose worker died; of all rows it holds the few that are not over.
            models.Index(
                name="bulk_open", fields=["created_at"], condition=Q(status__in=[JobStatus.WAITING, JobStatus.RUNNING])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
