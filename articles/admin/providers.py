"""Endpoints of language models: connected in two minutes, tried at once, seen as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.admin.provider_forms import ProviderForm
from articles.admin.provider_wording import endpoint_kind, endpoint_words, price_words, state_kind, state_words
from articles.models import ProviderEndpoint
from articles.providers import health
from articles.providers.base import Endpoint
from articles.providers.endpoints import of_row, of_settings
from articles.providers.presets import PRESETS
from articles.providers.secrets import SecretLost

if TYPE_CHECKING:
    Base = admin.ModelAdmin[ProviderEndpoint]
else:
    Base = admin.ModelAdmin


_SAVED = "_saved_provider"


class ProviderList(ChangeList):
    """Knows how the endpoints on its page are, by one look."""

    def get_results(self, request: HttpRequest) -> None:
        """Give each row its endpoint's state."""
        super().get_results(request)
        states = {state.name: state for state in health.states()}
        rows: list[Any] = list(self.result_list)
        for row in rows:
            row.health = states.get(row.name)
        self.result_list = rows
        self.of_settings = [_of_settings(endpoint, states.get(endpoint.name)) for endpoint in of_settings()]


@admin.register(ProviderEndpoint)
class ProviderEndpointAdmin(Base):
    """The list shows who is well; the form fills in known providers, and tries what it saved."""

    form = ProviderForm
    list_display = ("name", "model", "state", "in_flight", "key_end", "prices", "weight", "is_enabled")
    list_filter = ()
    show_full_result_count = False
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "base_url", "model", "key", "forget_key", "languages", "is_enabled")}),
        (_("Prices"), {"fields": ("price_in", "price_out"), "description": _("Of the provider's price list.")}),
        (_("Limits and turns"), {
            "fields": ("weight", "max_in_flight", "context_tokens", "first_token_s", "total_s"),
            "classes": ("collapse",),
        }),
        (_("How it is asked"), {"fields": ("takes_schema", "new_token_limit", "extra"), "classes": ("collapse",)}),
    )  # fmt: skip

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderEndpoint]:
        """Leave out what a program of the site has reserved: its address may be a private one, so nobody changes it."""
        return super().get_queryset(request).filter(reserved_for=None)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that knows the states."""
        return ProviderList

    @admin.display(description=_("state"))
    def state(self, row: Any) -> SafeString:
        """How it is, in words."""
        lost = _is_lost(row)
        kind, words = state_kind(row, row.health, lost=lost), state_words(row, row.health, lost=lost)
        return format_html('<span class="provider-state {}">{}</span>', kind, words)

    @admin.display(description=_("calls now"))
    def in_flight(self, row: Any) -> str:
        """How many calls are at it, of how many."""
        return f"{row.health.in_flight if row.health else 0} / {row.max_in_flight}"

    @admin.display(description=_("key"))
    def key_end(self, row: ProviderEndpoint) -> str:
        """By what its owner knows it again."""
        return f"…{row.secret_hint}" if row.secret else gettext("none")

    @admin.display(description=_("US$ a million tokens"))
    def prices(self, row: ProviderEndpoint) -> str:
        """What tokens cost, in and out."""
        return price_words(row.price_in, row.price_out)

    # The form

    def get_fieldsets(self, request: HttpRequest, obj: ProviderEndpoint | None = None) -> Any:
        """Offer to remove a key where there is one."""
        if obj is not None and obj.secret:
            return self.fieldsets
        (title, first), *rest = self.fieldsets
        fields = tuple(name for name in first["fields"] if name != "forget_key")
        return ((title, {**first, "fields": fields}), *rest)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with what the preset says."""
        preset = PRESETS.get(request.GET.get("preset", ""))
        return dict(preset.initial) if preset else {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the presets where one is added, and the state where one is changed."""
        row = kwargs.get("obj")
        chosen = PRESETS.get(request.GET.get("preset", ""))
        context |= {"presets": PRESETS.values(), "chosen": chosen}
        if row is not None:
            found = next((state for state in health.states() if state.name == row.name), None)
            lost = _is_lost(row)
            context |= {
                "state_kind": state_kind(row, found, lost=lost),
                "state_words": state_words(row, found, lost=lost),
                "health": found,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ProviderEndpoint, form: Any, change: bool) -> None:
        """Leave it: the form has stored it."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try what was saved, if that was asked for: after the transaction, which others would wait for."""
        answer = super().changeform_view(request, *args, **kwargs)
        row: ProviderEndpoint | None = getattr(request, _SAVED, None)
        if row is None or "_try" not in request.POST:
            return answer
        self._try(request, row)
        return HttpResponseRedirect(reverse("admin:articles_providerendpoint_change", args=[row.pk]))

    def response_add(self, request: HttpRequest, obj: ProviderEndpoint, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remember what was saved."""
        setattr(request, _SAVED, obj)
        return self._quiet(request) or super().response_add(request, obj, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: ProviderEndpoint) -> HttpResponse:
        """Remember what was saved."""
        setattr(request, _SAVED, obj)
        return self._quiet(request) or super().response_change(request, obj)

    def _quiet(self, request: HttpRequest) -> HttpResponse | None:
        """Say nothing of the saving where the trial's words do."""
        return HttpResponse() if "_try" in request.POST else None

    def _try(self, request: HttpRequest, row: ProviderEndpoint) -> None:
        from articles.generation.trial import endpoint_try  # and the providers' client: 1.3 s of a start

        try:
            trial = endpoint_try(of_row(row), int(request.user.pk or 0))
        except SecretLost:
            self.message_user(
                request, gettext("The stored key can't be read any more. Enter it again."), messages.ERROR
            )
            return
        self.message_user(request, _saved(trial.words), messages.SUCCESS if trial.is_well else messages.ERROR)


def _saved(words: str) -> str:
    return gettext("Saved. %(words)s") % {"words": words}


def _of_settings(endpoint: Endpoint, state: health.EndpointState | None) -> dict[str, Any]:
    return {"endpoint": endpoint, "kind": endpoint_kind(state), "words": endpoint_words(state)}


def _is_lost(row: ProviderEndpoint) -> bool:
    try:
        of_row(row)
    except SecretLost:
        return True
    return False
