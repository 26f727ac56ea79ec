"""What keeps views from being written twice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ViewBatch(models.Model):
    """Views that are written: kept for some days, in the transaction that wrote them, so that none is twice."""

    name = models.CharField(_("name"), max_length=48, primary_key=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("batch of views")
        verbose_name_plural = _("batches of views")
        indexes = [models.Index(name="view_batch_age", fields=["at"])]  # the clean-up's range

    def __str__(self) -> str:
        return self.name
