"""Prompts as editors keep them: a template, and each wording it ever had."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.enums import GenerationKind


class PromptTemplate(models.Model):
    """A named prompt. What it says stands in its versions; the newest is used, and each job keeps the one it had."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=GenerationKind, default=GenerationKind.ARTICLE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("made by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_archived = models.BooleanField(_("put away"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("prompt template")
        verbose_name_plural = _("prompt templates")
        ordering = ["name"]
        constraints = [models.CheckConstraint(name="prompt_kind_known", condition=Q(kind__in=GenerationKind.values))]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """One wording of a template; never changed. ``text`` has variables as ``{{ name }}``."""

    template = models.ForeignKey(PromptTemplate, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(_("version"))
    system = models.TextField(_("who the model is"), blank=True, max_length=4_000)
    text = models.TextField(_("what it is asked"), max_length=20_000)
    variables = models.JSONField(
        _("own variables"), default=dict, blank=True, help_text=_("Beside the known ones: their names and values.")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("written by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("prompt version")
        verbose_name_plural = _("prompt versions")
        ordering = ["template", "-number"]
        constraints = [models.UniqueConstraint(name="prompt_version_once", fields=["template", "number"])]

    def __str__(self) -> str:
        return f"{self.template} {self.number}"
