"""What a language model is asked to write, and each call of a provider that it took."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.enums import CallOutcome, GenerationKind, GenerationStatus, Priority

OPEN_STATUSES = (GenerationStatus.QUEUED, GenerationStatus.RUNNING, GenerationStatus.STREAMING)
HELD_STATUSES = (GenerationStatus.RUNNING, GenerationStatus.STREAMING)


def new_trace_id() -> str:
    """Return 32 hexadecimal digits, as W3C Trace Context wants them."""
    return uuid.uuid4().hex


class GenerationJob(models.Model):
    """One piece of writing that a model does. The row is the truth; the task carries only its id.

    ``lease`` is the runner that has it and ``lease_until`` how long without a sign of life: whoever writes to the row
    does so where the lease is still its own, so of any number of runners one ends the job. ``state`` is the checkpoint
    a later runner goes on from (``{"titles": […], "sections": [{"title", "text"}, …]}``), ``result`` what came out.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=GenerationKind)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # A double click, or a program that asks again, finds the job it has already started.
    request_key = models.CharField(max_length=64, blank=True, editable=False)
    article = models.ForeignKey(
        "articles.Article", verbose_name=_("article"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="generation_jobs", help_text=_("What it was started for, or what it made."),
    )  # fmt: skip
    batch = models.ForeignKey(
        "articles.GenerationBatch", null=True, blank=True, on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    row = models.PositiveIntegerField(_("row"), default=0, help_text=_("Of the batch, from 1."))
    alternative_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="alternatives"
    )
    parameters = models.JSONField(_("parameters"), default=dict)
    prompt_version = models.ForeignKey(
        "articles.PromptVersion", verbose_name=_("prompt"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="jobs",
    )  # fmt: skip
    language = models.CharField(_("language"), max_length=8, default="en")
    ui_language = models.CharField(max_length=8, default="en", editable=False)
    endpoint_wanted = models.CharField(_("model wanted"), max_length=60, blank=True)

    status = models.CharField(_("status"), max_length=12, choices=GenerationStatus, default=GenerationStatus.QUEUED)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.INTERACTIVE)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, help_text=_("Runners that took it up."))
    failures = models.PositiveSmallIntegerField(_("failures"), default=0, help_text=_("Since the last progress."))
    not_before = models.DateTimeField(_("waits until"), null=True, blank=True)
    waits_for = models.CharField(_("waits for"), max_length=20, blank=True, help_text=_("A code; see jobs.WAITS."))
    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    cancel_requested_at = models.DateTimeField(_("cancel asked at"), null=True, blank=True)

    stage = models.CharField(_("stage"), max_length=20, blank=True, help_text=_("What is being written, as a code."))
    section = models.PositiveSmallIntegerField(_("section"), default=0, help_text=_("From 1; 0 is none."))
    sections = models.PositiveSmallIntegerField(_("sections"), default=0)
    state = models.JSONField(_("checkpoint"), default=dict)
    text = models.TextField(_("text"), blank=True, help_text=_("Markdown, as far as it was kept."))
    result = models.JSONField(_("result"), default=dict)
    notes = models.JSONField(_("notes"), default=list, help_text=_('A list of {"code", …}.'))
    error = models.JSONField(_("error"), default=dict, help_text=_('{"code", …} of a job that failed.'))
    rating = models.SmallIntegerField(_("rating"), null=True, blank=True, help_text=_("1 good, -1 bad."))
    rating_note = models.CharField(_("note"), max_length=500, blank=True)

    endpoint = models.CharField(_("provider"), max_length=60, blank=True, help_text=_("That answered last."))
    model = models.CharField(_("model"), max_length=120, blank=True, help_text=_("That answered last."))
    trace_id = models.CharField(_("trace"), max_length=32, default=new_trace_id)

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    first_words_at = models.DateTimeField(_("first words at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("generation job")
        verbose_name_plural = _("generation jobs")
        constraints = [
            models.UniqueConstraint(
                name="generation_request_once", fields=["owner", "request_key"], condition=~Q(request_key="")
            ),
            models.UniqueConstraint(
                name="generation_batch_row_once", fields=["batch", "row"], condition=Q(batch__isnull=False)
            ),
            models.CheckConstraint(name="generation_kind_known", condition=Q(kind__in=GenerationKind.values)),
            models.CheckConstraint(name="generation_status_known", condition=Q(status__in=GenerationStatus.values)),
            models.CheckConstraint(
                name="generation_over_has_time",
                condition=Q(status__in=OPEN_STATUSES, finished_at__isnull=True)
                | (~Q(status__in=OPEN_STATUSES) & Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="generation_of_owner", fields=["owner", "-id"]),
            # Positions in the queue, and the look for jobs whose runner died: the few that are not over.
            models.Index(name="generation_open", fields=["priority", "id"], condition=Q(status__in=OPEN_STATUSES)),
            models.Index(name="generation_in_batch", fields=["batch", "status", "row"]),
            # Estimates: how long the last ones took.
            models.Index(name="generation_finished", fields=["kind", "-finished_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.status in OPEN_STATUSES

    @property
    def subject(self) -> str:
        """What it is about, in a few words of its owner's."""
        parameters: dict[str, Any] = self.parameters
        return str(parameters.get("title") or parameters.get("brief") or parameters.get("text") or "")[:120]


class ProviderCall(models.Model):
    """One call of a provider: an attempt that an editor can see, and the ledger's entry for it.

    Written before the call with what it may cost at most (``reserved``), settled once after it, however it ended. Costs
    are US dollars at the prices of that day. Without the provider's own count of tokens they are estimated.
    """

    job = models.ForeignKey(GenerationJob, null=True, on_delete=models.SET_NULL, related_name="calls", db_index=False)
    number = models.PositiveIntegerField(_("number"), help_text=_("Of the job, from 1."))
    lease = models.UUIDField(editable=False, help_text=_("The runner that made it."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), null=True, on_delete=models.SET_NULL, related_name="+",
        db_index=False,
    )  # fmt: skip
    article = models.ForeignKey(
        "articles.Article", verbose_name=_("article"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="provider_calls",
    )  # fmt: skip
    purpose = models.CharField(_("purpose"), max_length=20, help_text=_("outline, section, title, edit, …"))
    section = models.PositiveSmallIntegerField(_("section"), default=0)
    endpoint = models.CharField(_("provider"), max_length=60)
    model = models.CharField(_("model"), max_length=120, help_text=_("As the provider names what answered."))
    outcome = models.CharField(_("outcome"), max_length=16, choices=CallOutcome, default=CallOutcome.OPEN)
    error = models.CharField(_("what happened"), max_length=300, blank=True)
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    retry_after_s = models.FloatField(_("retry after, s"), null=True, blank=True)
    tokens_in = models.PositiveIntegerField(_("tokens in"), default=0)
    tokens_out = models.PositiveIntegerField(_("tokens out"), default=0)
    is_estimate = models.BooleanField(_("tokens are estimated"), default=False)
    price_in = models.DecimalField(_("price in, US$ a million tokens"), max_digits=12, decimal_places=4, default=0)
    price_out = models.DecimalField(_("price out, US$ a million tokens"), max_digits=12, decimal_places=4, default=0)
    reserved = models.DecimalField(_("reserved, US$"), max_digits=14, decimal_places=6, default=0)
    cost = models.DecimalField(_("cost, US$"), max_digits=14, decimal_places=6, null=True, blank=True)
    first_token_ms = models.PositiveIntegerField(_("first token, ms"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration, ms"), null=True, blank=True)
    trace_id = models.CharField(_("trace"), max_length=32, blank=True)
    started_at = models.DateTimeField(_("started at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("provider call")
        verbose_name_plural = _("provider calls")
        constraints = [
            models.UniqueConstraint(name="call_number_once", fields=["job", "number"]),
            models.CheckConstraint(name="call_outcome_known", condition=Q(outcome__in=CallOutcome.values)),
            models.CheckConstraint(
                name="call_settled_once_over",
                condition=Q(outcome=CallOutcome.OPEN, settled_at__isnull=True, cost__isnull=True)
                | (~Q(outcome=CallOutcome.OPEN) & Q(settled_at__isnull=False, cost__isnull=False)),
            ),
        ]
        indexes = [
            # A month's sum of one account; and of the site.
            models.Index(name="call_of_owner", fields=["owner", "-started_at"]),
            models.Index(name="call_started", fields=["-started_at"]),
            # What a lost runner left unsettled.
            models.Index(name="call_open", fields=["started_at"], condition=Q(outcome=CallOutcome.OPEN)),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.number}"
