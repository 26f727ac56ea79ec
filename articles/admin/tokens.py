"""Access tokens: seen and revoked, never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles.admin.paging import LookAhead
from articles.admin.records import ReadOnly
from articles.models import AccessToken
from articles.services.tokens import token_revoke

if TYPE_CHECKING:
    Base = admin.ModelAdmin[AccessToken]
else:
    Base = admin.ModelAdmin


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnly, LookAhead, Base):
    """Which programs have access, since when and until when; the API makes tokens."""

    list_display = (
        "name", "prefix", "user", "scopes_text", "created_at", "expires_at", "last_used_at", "revoked_at",
    )  # fmt: skip
    list_select_related = ("user",)
    search_fields = ("prefix", "name", "user__username")
    sortable_by = ()
    actions = ("revoke",)
    fields = list_display

    @admin.display(description=_("scopes"))
    def scopes_text(self, token: AccessToken) -> str:
        """The scopes in one line."""
        return ", ".join(token.scopes)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may change tokens may end them."""
        return request.user.has_perm("articles.change_accesstoken")

    @admin.action(description=_("Revoke the selected tokens"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[AccessToken]) -> None:
        """End the selected tokens at once."""
        chosen: list[Any] = list(tokens.select_related("user"))
        count = sum(token_revoke(token_id=token.pk, user=token.user) for token in chosen)
        text = ngettext("%(count)d token is revoked.", "%(count)d tokens are revoked.", count) % {"count": count}
        self.message_user(request, text, messages.SUCCESS)
