"""Many articles generated together."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.enums import BatchStatus


class GenerationBatch(models.Model):
    """Rows of one text or file, each a generation job; rows that could not be one stand in ``refused``.

    ``refused`` lists ``{"row", "field", "message", "text"}``. How far it is, is counted from its jobs, never kept.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(_("name"), max_length=120)
    request_key = models.CharField(max_length=64, blank=True, editable=False)
    parameters = models.JSONField(_("parameters"), default=dict, help_text=_("What all rows have in common."))
    category = models.ForeignKey(
        "articles.Category", verbose_name=_("category"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    status = models.CharField(_("status"), max_length=12, choices=BatchStatus, default=BatchStatus.RUNNING)
    refused = models.JSONField(_("refused rows"), default=list)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("generation batch")
        verbose_name_plural = _("generation batches")
        constraints = [
            models.CheckConstraint(name="batch_status_known", condition=Q(status__in=BatchStatus.values)),
            models.UniqueConstraint(
                name="batch_request_once", fields=["owner", "request_key"], condition=~Q(request_key="")
            ),
        ]
        indexes = [
            models.Index(name="batch_of_owner", fields=["owner", "-id"]),
            models.Index(name="batch_open", fields=["id"], condition=Q(status=BatchStatus.RUNNING)),
        ]

    def __str__(self) -> str:
        return self.name
