"""A load test at rest: what was asked for, where, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MAX_NAME_CHARS = 64


class RunStatus(models.TextChoices):
    """Where a run is. Passed and failed are verdicts; a broken one could not be brought to its end."""

    QUEUED = "queued", _("Waiting to start")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    FAILED = "failed", pgettext_lazy("load test", "Failed")
    STOPPED = "stopped", _("Stopped")
    BROKEN = "broken", _("Broken off")


OPEN_STATUSES = (RunStatus.QUEUED, RunStatus.RUNNING)
FINISHED_STATUSES = (RunStatus.PASSED, RunStatus.FAILED)  # those that came to their end


class LoadRun(models.Model):
    """One load test. JSON columns hold what ``perfmon.loadtest`` makes and reads; their shapes stand there:

    ``profile`` profiles.Profile, ``machine`` machines.fingerprint, ``verdicts`` thresholds.Verdict, ``summary``
    figures.summary, ``series`` timeline.Timeline, ``notes`` sentences by code, ``rounds`` rounds.Rounds.
    """

    profile_name = models.CharField(_("profile"), max_length=MAX_NAME_CHARS)
    model = models.CharField(_("model"), max_length=8)
    host = models.CharField(_("address"), max_length=200)
    scenario = models.CharField(_("scenario"), max_length=200, blank=True)
    profile = models.JSONField(_("settings"), default=dict)
    status = models.CharField(_("status"), max_length=8, choices=RunStatus.choices, default=RunStatus.QUEUED)
    release = models.CharField(_("release"), max_length=100, blank=True)
    machine = models.JSONField(_("machine"), default=dict)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # renewed each second while it runs: a run whose process died is known by it
    beat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    stop_asked = models.BooleanField(_("asked to stop"), default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("started by"), on_delete=models.SET_NULL, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    baseline = models.CharField(_("baseline"), max_length=MAX_NAME_CHARS, null=True, blank=True)
    compared_with = models.ForeignKey(
        "self", verbose_name=_("compared with"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verdicts = models.JSONField(_("verdicts"), default=list)
    summary = models.JSONField(_("figures"), default=dict)
    series = models.JSONField(_("series"), default=dict)
    rounds = models.JSONField(_("rounds"), default=dict)
    notes = models.JSONField(_("notes"), default=list)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        app_label = "perfmon"
        verbose_name = _("load test")
        verbose_name_plural = _("load tests")
        default_permissions = ()
        permissions = [("run_loadtest", _("Can start and stop load tests"))]
        ordering = ("-created_at", "-pk")
        constraints = [
            # Two load tests at once would measure one another.
            models.UniqueConstraint(fields=["status"], condition=Q(status="running"), name="perfmon_one_load_run"),
            # A baseline's name means one run.
            models.UniqueConstraint(fields=["baseline"], name="perfmon_load_baseline"),
        ]
        indexes = [
            # The list of runs and the markers on time axes go by time.
            models.Index(fields=["-created_at"], name="perfmon_load_created"),
        ]

    def __str__(self) -> str:
        return f"{self.profile_name} {self.created_at:%Y-%m-%d %H:%M}"
