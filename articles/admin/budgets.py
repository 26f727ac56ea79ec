"""Budgets: what generation may cost, for whom, and how much of it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.enums import BudgetScope
from articles.generation.budgets import spent
from articles.models import Budget

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Budget]
    Form = forms.ModelForm[Budget]
else:
    Base = admin.ModelAdmin
    Form = forms.ModelForm


class BudgetForm(Form):
    """Whose budget it is decides which of group and account is named."""

    class Meta:
        model = Budget
        fields = ("scope", "group", "user", "month_limit", "jobs_per_day")
        help_texts = {
            "month_limit": gettext_lazy("Empty is no bound; 0 stops all that has a price. Months are UTC."),
            "jobs_per_day": gettext_lazy("Empty is no bound; 0 stops all. Days are UTC."),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a budget for nobody, for two, or of nothing; each with what to do."""
        data: dict[str, Any] = super().clean() or {}
        wanted = {BudgetScope.GROUP: "group", BudgetScope.USER: "user"}.get(data.get("scope", ""))
        for name in ("group", "user"):
            if name == wanted and not data.get(name) and name not in self.errors:
                self.add_error(name, _WHOM[name][0])
            elif name != wanted and data.get(name) and "scope" in data:
                self.add_error(name, _WHOM[name][1])
        if data.get("month_limit") is None and data.get("jobs_per_day") is None and not self.errors:
            raise ValidationError(_("Give an amount a month, a number of jobs a day, or both."))
        return data

    def clean_scope(self) -> str:
        """Refuse a second budget for the site, or for each account."""
        scope: str = self.cleaned_data["scope"]
        others = Budget.objects.filter(scope=scope).exclude(pk=self.instance.pk)
        if scope in (BudgetScope.SITE, BudgetScope.EACH) and others.exists():
            raise ValidationError(_("There is one already. Change that one."))
        return scope


_WHOM = {
    "group": (gettext_lazy("Name the group."), gettext_lazy("Leave it empty, or choose “Each account of a group”.")),
    "user": (gettext_lazy("Name the account."), gettext_lazy("Leave it empty, or choose “One account”.")),
}


@admin.register(Budget)
class BudgetAdmin(Base):
    """Few rows, so that the sums of the month are made as they are listed."""

    form = BudgetForm
    list_display = ("__str__", "scope", "used", "month_limit", "jobs_per_day", "updated_at")
    list_select_related = ("group", "user")
    autocomplete_fields = ("user",)
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        """List the site's first, then the more particular."""
        return super().get_queryset(request).order_by("scope", "pk")

    @admin.display(description=gettext_lazy("spent this month, US$"))
    def used(self, budget: Budget) -> str:
        """What the site or the account has spent; of budgets for many accounts there is no one figure."""
        if budget.scope == BudgetScope.SITE:
            return f"{spent():.2f}"
        if budget.scope == BudgetScope.USER and budget.user_id is not None:
            return f"{spent(budget.user_id):.2f}"
        return "–"
