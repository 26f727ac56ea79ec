"""What models wrote, and each call it took: read here, followed and stopped in the studio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.paging import LookAhead
from articles.admin.records import ReadOnly, article_link
from articles.models import GenerationJob, ProviderCall

if TYPE_CHECKING:
    JobBase = admin.ModelAdmin[GenerationJob]
    CallBase = admin.ModelAdmin[ProviderCall]
else:
    JobBase = CallBase = admin.ModelAdmin

_TEXTS = ("state", "text", "result", "notes", "error")


@admin.register(GenerationJob)
class GenerationJobAdmin(ReadOnly, LookAhead, JobBase):
    """Who had what written, and how far it is."""

    change_list_template = "admin/articles/generationjob/change_list.html"
    list_display = ("subject_line", "kind", "status", "language", "owner", "model", "created_at", "finished_at", "page")
    list_filter = ("status", "kind", "priority")  # fields without choices would be read for the values they have
    list_select_related = ("owner",)
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ("-id",)
    fields = (
        "kind", "status", "owner", "page", "of_article", "language", "parameters", "prompt_version", "endpoint_wanted",
        "endpoint", "model", "stage", "section", "sections", "tries", "failures", "waits_for", "not_before", "notes",
        "error", "rating", "rating_note", "trace_id", "created_at", "started_at", "first_words_at", "finished_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[GenerationJob]:
        """Leave the texts out, but on a job's own page what is shown there."""
        jobs = super().get_queryset(request)
        if _is_list(request, "generationjob"):
            return jobs.defer(*_TEXTS)
        return jobs.select_related("owner", "article", "prompt_version__template").defer(
            "article__body", "state", "text"
        )

    @admin.display(description=gettext_lazy("about"))
    def subject_line(self, job: GenerationJob) -> str:
        """What it is about; a passage that is edited begins with its own words."""
        return job.subject[:80] or str(job)

    @admin.display(description=gettext_lazy("article"))
    def of_article(self, job: GenerationJob) -> SafeString | str:
        """The way to what it made, or was made for."""
        return article_link(job.article_id, job.article.title) if job.article else "—"

    @admin.display(description=gettext_lazy("progress"))
    def page(self, job: GenerationJob) -> SafeString:
        """The way to its page."""
        return format_html('<a href="{}">{}</a>', reverse("studio:generation", args=[job.pk]), _("Open in the studio"))


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnly, LookAhead, CallBase):
    """The ledger: each call, what came of it and what it cost."""

    list_display = (
        "started_at", "of_job", "purpose", "endpoint", "model", "outcome", "tokens_in", "tokens_out", "cost",
        "first_token_ms", "duration_ms", "owner",
    )  # fmt: skip
    list_filter = ("outcome", "started_at")
    list_select_related = ("owner",)
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ("-started_at", "-id")
    fields = (
        "of_job", "number", "owner", "of_article", "purpose", "section", "endpoint", "model", "outcome", "error",
        "status_code", "retry_after_s", "tokens_in", "tokens_out", "is_estimate", "price_in", "price_out", "reserved",
        "cost", "first_token_ms", "duration_ms", "trace_id", "started_at", "settled_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderCall]:
        """Join the article where its title is shown, without its text."""
        calls = super().get_queryset(request)
        if _is_list(request, "providercall"):
            return calls
        return calls.select_related("owner", "article").defer("article__body")

    @admin.display(description=gettext_lazy("job"))
    def of_job(self, call: ProviderCall) -> SafeString | str:
        """The way to the job, by its number."""
        if call.job_id is None:
            return "—"
        return format_html('<a href="{}">{}</a>', reverse("studio:generation", args=[call.job_id]), call.job_id)

    @admin.display(description=gettext_lazy("article"))
    def of_article(self, call: ProviderCall) -> SafeString | str:
        """The way to the article it was for."""
        return article_link(call.article_id, call.article.title) if call.article else "—"


def _is_list(request: HttpRequest, model: str) -> bool:
    match: Any = request.resolver_match
    return match is not None and match.url_name == f"articles_{model}_changelist"
