"""The admin's door: tokens are made and revoked here, alerts are read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from perfmon.alerts.models import Alert, AlertTransition
from perfmon.tokens import SCOPES, ApiToken, token_create, token_revoke


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker alone
    """Name, scopes and end of a new token."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiToken
        fields = ("name", "scopes", "expires_at")

    def clean_expires_at(self) -> Any:
        """Refuse an end that has passed."""
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise forms.ValidationError(_("Choose a time to come, or leave it empty."))
        return expires_at


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Tokens can be added and revoked; what was issued can't be changed."""

    form = TokenForm
    list_display = (
        "name",
        "prefix",
        "scopes_text",
        "created_by",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_select_related = ("created_by",)
    search_fields = ("name", "prefix")
    actions = ("revoke",)
    show_full_result_count = False

    @admin.display(description=_("scopes"))
    def scopes_text(self, token: ApiToken) -> str:
        """The scopes in one line."""
        return ", ".join(token.scopes)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Ask for three fields, show all."""
        return ("name", "scopes", "expires_at") if obj is None else [*self.list_display]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: forms.Form, change: bool) -> None:
        """Make the token by the service; the raw text lives only as long as this request."""
        token, raw = token_create(
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            created_by=request.user,  # type: ignore[arg-type]  # the admin is entered logged in
            expires_at=obj.expires_at,
        )
        obj.__dict__.update(token.__dict__)
        request.perfmon_raw_token = raw  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """Show the raw token in this answer, so that it is written neither to the session nor to a log."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Token made"),
            "opts": self.opts,
            "token": obj,
            "raw": request.perfmon_raw_token,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "perfmon/admin/token_created.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Tokens are immutable; the list stays open for the revoke action."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Revoked tokens stay, as a record of what had access."""
        return False

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End the selected tokens at once."""
        count = sum(token_revoke(token_id=token.pk) for token in queryset)
        text = ngettext("%(count)d token is revoked.", "%(count)d tokens are revoked.", count) % {"count": count}
        self.message_user(request, text, messages.SUCCESS)


class ReadOnly:
    """Rows the engine writes; people read them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds them by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes them by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go when their retention ends."""
        return False


class TransitionInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What happened to an alert, in order."""

    model = AlertTransition
    fields = ("at", "from_state", "to_state", "value")
    readonly_fields = fields
    extra = 0


@admin.register(Alert)
class AlertAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Alerts with their history."""

    list_display = ("label", "scope", "severity", "state", "message", "fired_at", "resolved_at", "acknowledged_by")
    list_filter = ("state", "severity", "rule")
    list_select_related = ("acknowledged_by",)
    ordering = ("-pending_at",)
    inlines = (TransitionInline,)
    show_full_result_count = False
