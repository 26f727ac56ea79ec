"""The language models' providers that an administrator connected."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def all_languages() -> list[str]:
    """Return the codes a new endpoint is taken to write."""
    return ["en", "pt-br"]


class ProviderEndpoint(models.Model):
    """One OpenAI-compatible endpoint with one model. ``secret`` is the encrypted key; see ``providers.secrets``.

    One that is ``reserved_for`` a group answers its accounts, whom nobody else answers then, and no other account. It
    is made by programs of the site alone (``services.reserving``) and shown to nobody.
    """

    name = models.SlugField(
        _("name"), max_length=60, unique=True, help_text=_("How it is called here and in the ledger.")
    )
    base_url = models.URLField(
        _("address"), max_length=300, help_text=_("Up to and with the version, such as https://api.openai.com/v1.")
    )
    model = models.CharField(_("model"), max_length=120)
    secret = models.TextField(_("key"), blank=True, editable=False)
    secret_hint = models.CharField(_("key ends with"), max_length=8, blank=True, editable=False)
    is_enabled = models.BooleanField(_("in use"), default=True)
    languages = models.JSONField(_("languages"), default=all_languages, help_text=_("That it writes well."))
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=100, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    max_in_flight = models.PositiveSmallIntegerField(
        _("calls at once"), default=8, validators=[MinValueValidator(1), MaxValueValidator(256)]
    )
    context_tokens = models.PositiveIntegerField(
        _("context, tokens"), default=32_000, validators=[MinValueValidator(512)]
    )
    first_token_s = models.PositiveSmallIntegerField(_("wait for the first token, s"), default=30)
    total_s = models.PositiveSmallIntegerField(_("wait for the whole answer, s"), default=180)
    price_in = models.DecimalField(
        _("price in, US$ a million tokens"), max_digits=12, decimal_places=4, default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    price_out = models.DecimalField(
        _("price out, US$ a million tokens"), max_digits=12, decimal_places=4, default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    takes_schema = models.BooleanField(
        _("takes JSON schemas"), default=True, help_text=_("As response_format; without, the prompt asks for JSON.")
    )
    new_token_limit = models.BooleanField(
        _("names the limit max_completion_tokens"), default=False, help_text=_("As OpenAI's newer models want it.")
    )
    extra = models.JSONField(
        _("further fields"), default=dict, blank=True, help_text=_("Sent along with each request, as a JSON object.")
    )
    reserved_for = models.ForeignKey(
        "auth.Group", verbose_name=_("reserved for"), null=True, blank=True, editable=False, on_delete=models.CASCADE,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
