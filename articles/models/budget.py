"""What generation may cost."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.enums import BudgetScope


class Budget(models.Model):
    """A bound on a calendar month's spending (UTC) and on an account's jobs a day.

    Of the budgets for accounts the most particular binds: one account's, its groups' most generous, each account's.
    The site's binds beside it. An empty bound is none; zero stops all that has a price, or all jobs.
    """

    scope = models.CharField(_("for"), max_length=8, choices=BudgetScope)
    group = models.OneToOneField(
        "auth.Group", verbose_name=_("group"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("account"), null=True, blank=True, on_delete=models.CASCADE,
        related_name="+",
    )  # fmt: skip
    month_limit = models.DecimalField(
        _("US$ a month"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    jobs_per_day = models.PositiveIntegerField(_("jobs a day"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.CheckConstraint(
                name="budget_names_whom",
                condition=Q(scope__in=[BudgetScope.SITE, BudgetScope.EACH], group__isnull=True, user__isnull=True)
                | Q(scope=BudgetScope.GROUP, group__isnull=False, user__isnull=True)
                | Q(scope=BudgetScope.USER, group__isnull=True, user__isnull=False),
            ),
            models.UniqueConstraint(
                name="budget_general_once",
                fields=["scope"],
                condition=Q(scope__in=[BudgetScope.SITE, BudgetScope.EACH]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.user or self.group or self.get_scope_display())
