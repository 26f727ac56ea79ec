"""perfmon's tables: rollups of windows by minute, hour and day, alerts, tokens, reports on indexes, load tests."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from perfmon.alerts.models import Alert, AlertTransition
from perfmon.loadtest.models import LoadRun
from perfmon.tokens import ApiToken

__all__ = [
    "Alert",
    "AlertTransition",
    "ApiToken",
    "DayRollup",
    "HourRollup",
    "IndexReport",
    "LoadRun",
    "MinuteRollup",
    "SeriesName",
]


class SeriesName(models.Model):
    """The name of a series, once; rollups refer to it by number. Also what the dashboard's permission hangs on."""

    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=255)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        default_permissions = ()
        permissions = [("view_dashboard", _("Can see the performance dashboard"))]
        constraints = [
            # Looked up by kind for tables and by both for charts; also what makes concurrent inserts safe.
            models.UniqueConstraint(fields=["kind", "key"], name="perfmon_series_name"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Rollup(models.Model):
    """A window of one series, at rest. ``start`` is Unix time on the bucket's grid: an integer sorts, ranges and
    partitions like a timestamp and costs no parsing for the thousand rows of a chart. Figures are the window's own."""

    series = models.ForeignKey(SeriesName, on_delete=models.CASCADE, db_index=False, related_name="+")
    start = models.BigIntegerField()
    count = models.BigIntegerField()
    errors = models.BigIntegerField()
    sum = models.BigIntegerField()
    max = models.BigIntegerField()
    histogram = models.BinaryField()

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True
        default_permissions = ()


class MinuteRollup(Rollup):
    """One minute of one series, kept for ``keep_minute_days``."""

    class Meta(Rollup.Meta):
        constraints = [
            # A chart reads one series over a stretch of time; the upsert needs it too. It serves the foreign key.
            models.UniqueConstraint(fields=["series", "start"], name="perfmon_minute_series_start"),
        ]
        indexes = [
            # Pruning, the newest minute and rewriting one minute go by time alone.
            models.Index(fields=["start"], name="perfmon_minute_start"),
        ]


class HourRollup(Rollup):
    """One hour of one series so far: always the sum of its minutes. Kept for ``keep_hour_days``."""

    class Meta(Rollup.Meta):
        constraints = [
            # As for minutes.
            models.UniqueConstraint(fields=["series", "start"], name="perfmon_hour_series_start"),
        ]
        indexes = [
            # Pruning and rewriting one hour go by time alone.
            models.Index(fields=["start"], name="perfmon_hour_start"),
        ]


class DayRollup(Rollup):
    """One whole day (UTC) of one series, written when it is over so that months are summed from few rows.

    A day has the rows of all its series or none: writing a minute into it takes them away until it is summed again.
    """

    class Meta(Rollup.Meta):
        constraints = [
            # As for minutes.
            models.UniqueConstraint(fields=["series", "start"], name="perfmon_day_series_start"),
        ]
        indexes = [
            # Pruning, taking a day away and finding those not written yet go by time alone.
            models.Index(fields=["start"], name="perfmon_day_start"),
        ]


class IndexReport(models.Model):
    """What a database's indexes looked like at ``made_at``; ``content`` is made and read by ``perfmon.indexes``."""

    alias = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    content = models.JSONField()

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        default_permissions = ()  # the dashboard shows it, and one a month needs no index

    def __str__(self) -> str:
        return f"{self.alias} {self.made_at:%Y-%m-%d}"
