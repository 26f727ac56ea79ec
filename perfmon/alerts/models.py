"""Alerts as rows: one per incident, one per change of its state, one per rule and scope on whether it has data."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from perfmon.alerts.messages import held_note, rule_label, sentence
from perfmon.alerts.rules import FIRING_STATES, Severity, State

MAX_SCOPE_CHARS = 64


class Alert(models.Model):
    """One incident of one rule in one scope, from its first true evaluation to its end.

    ``value``, ``peak`` and ``limit`` are in ``unit``. The sentence is made from them when it is shown, so every
    reader gets it in their own language. A pending alert that never fires is deleted and nobody hears of it.
    """

    STATES = [
        (State.PENDING.value, _("pending")),
        (State.FIRING.value, _("firing")),
        (State.HELD.value, _("held")),
        (State.RESOLVED.value, _("resolved")),
    ]
    SEVERITIES = [(Severity.WARNING.value, _("warning")), (Severity.CRITICAL.value, _("critical"))]

    rule = models.CharField(_("rule"), max_length=64)
    severity = models.CharField(_("severity"), max_length=16, choices=SEVERITIES)
    scope = models.CharField(_("scope"), max_length=MAX_SCOPE_CHARS, blank=True, help_text=_("Host; empty: all."))
    state = models.CharField(_("state"), max_length=16, choices=STATES)
    pending_at = models.DateTimeField(_("pending since"))
    fired_at = models.DateTimeField(_("fired at"), null=True, blank=True)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    evaluated_at = models.DateTimeField(_("last evaluated at"))
    value = models.FloatField(_("value"))
    peak = models.FloatField(_("peak"))
    limit = models.FloatField(_("limit"))
    unit = models.CharField(_("unit"), max_length=8)
    window_s = models.PositiveIntegerField(_("window in seconds"))
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("acknowledged by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        app_label = "perfmon"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            # Two engines may overlap for a moment when the leader changes; only one of them can open an incident.
            models.UniqueConstraint(
                fields=["rule", "severity", "scope"],
                condition=Q(resolved_at__isnull=True),
                name="perfmon_one_open_alert",
            ),
        ]
        indexes = [
            # The list of past alerts and the pruning both walk it by the end of the incident.
            models.Index(fields=["-resolved_at"], name="perfmon_alert_resolved"),
        ]

    def __str__(self) -> str:
        return self.message

    @property
    def is_firing(self) -> bool:
        """Whether people should look at it now (firing, or held for a while after the figure fell)."""
        return self.state in FIRING_STATES

    @property
    def label(self) -> str:
        """The rule's name in words, in the reader's language."""
        return rule_label(self.rule)

    @property
    def message(self) -> str:
        """One plain sentence with figure and limit, in the reader's language; once it fell, with the peak."""
        shown = self.value if self.state in (State.PENDING, State.FIRING) else self.peak
        text = sentence(
            self.rule, scope=self.scope, value=shown, limit=self.limit, unit=self.unit, window_s=self.window_s
        )
        return f"{text} {held_note(self.value, self.unit)}" if self.state == State.HELD else text


class AlertTransition(models.Model):
    """One change of an alert's state; the log that notifications are sent from."""

    alert = models.ForeignKey(Alert, verbose_name=_("alert"), on_delete=models.CASCADE, related_name="transitions")
    from_state = models.CharField(_("from"), max_length=16)
    to_state = models.CharField(_("to"), max_length=16)
    at = models.DateTimeField(_("at"))
    value = models.FloatField(_("value"))

    class Meta:
        app_label = "perfmon"
        verbose_name = _("alert transition")
        verbose_name_plural = _("alert transitions")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class RuleStatus(models.Model):
    """Whether a rule has data in a scope: the "no data since" state, kept apart from "all is well"."""

    REASONS = [("missing", _("no readings")), ("too_few", _("too few requests to judge"))]

    rule = models.CharField(_("rule"), max_length=64)
    scope = models.CharField(_("scope"), max_length=MAX_SCOPE_CHARS, blank=True)
    seen_at = models.DateTimeField(_("last data at"))
    no_data_since = models.DateTimeField(_("no data since"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=16, choices=REASONS, blank=True)

    class Meta:
        app_label = "perfmon"
        verbose_name = _("rule status")
        verbose_name_plural = _("rule statuses")
        constraints = [models.UniqueConstraint(fields=["rule", "scope"], name="perfmon_one_rule_status")]

    def __str__(self) -> str:
        return f"{self.rule} {self.scope}".strip()

    @property
    def label(self) -> str:
        """The rule's name in words, in the reader's language."""
        return rule_label(self.rule)
