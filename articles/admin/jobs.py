"""Bulk jobs: read here, followed and cancelled in the studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.paging import LookAhead
from articles.admin.records import ReadOnly
from articles.models import BulkJob

if TYPE_CHECKING:
    Base = admin.ModelAdmin[BulkJob]
else:
    Base = admin.ModelAdmin


@admin.register(BulkJob)
class BulkJobAdmin(ReadOnly, LookAhead, Base):
    """Who did what with how many articles."""

    list_display = ("kind", "status", "owner", "progress", "created_at", "finished_at", "page")
    list_filter = ("status", "kind")
    list_select_related = ("owner",)
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    fields = (
        "kind", "status", "owner", "progress", "page", "parameters", "failures", "file", "created_at", "started_at",
        "beat_at", "finished_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkJob]:
        """Leave out of the list what can be long."""
        jobs = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and match.url_name == "articles_bulkjob_changelist"
        return jobs.defer("failures", "parameters") if is_list else jobs

    @admin.display(description=gettext_lazy("done"))
    def progress(self, job: BulkJob) -> str:
        """How many of how many, and how many of them failed."""
        text = f"{job.done} / {job.total}"
        return _("%(progress)s, %(failed)d failed") % {"progress": text, "failed": job.failed} if job.failed else text

    @admin.display(description=gettext_lazy("progress"))
    def page(self, job: BulkJob) -> SafeString:
        """The way to its page."""
        return format_html('<a href="{}">{}</a>', reverse("studio:job", args=[job.pk]), _("Open in the studio"))
