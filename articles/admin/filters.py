"""A filter for the list of articles: by author, of whom there may be thousands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import HttpRequest

from articles.models import Article


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the type checker alone
    """Names people as lists do."""

    def label_from_instance(self, obj: User) -> str:
        """Return the full name, or the login."""
        return obj.get_full_name() or obj.get_username()


class AuthorFilter(admin.FieldListFilter):
    """Completes names as they are typed, for who may see accounts; ``?author__id__exact=`` works for all."""

    template = "admin/articles/author_filter.html"
    lookup = "author__id__exact"

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        self._may_choose = request.user.has_perm("auth.view_user")
        self._site = model_admin.admin_site

    def expected_parameters(self) -> list[str | None]:
        """Return the one parameter."""
        return [self.lookup]

    def has_output(self) -> bool:
        """Whether there is anything to show."""
        return self._may_choose or bool(self.used_parameters)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Return what the template shows: a select, the other parameters, a way out."""
        chosen: Any = self.used_parameters.get(self.lookup)
        kept = {name: values for name, values in changelist.filter_params.items() if name not in (self.lookup, "q")}
        yield {
            "select": self._select(chosen[0] if chosen else None) if self._may_choose else "",
            "others": [(name, value) for name, values in kept.items() for value in values],
            "query": changelist.query,
            "is_chosen": bool(chosen),
            "all_query": changelist.get_query_string(remove=[self.lookup]),
        }

    def _select(self, chosen: str | None) -> str:
        accounts = get_user_model().objects.all()
        field = PersonField(accounts, required=False, widget=author_widget(self._site))
        html: str = field.widget.render(
            self.lookup, chosen, attrs={"id": "author-filter", "aria-label": str(self.title)}
        )
        return html


def author_widget(site: admin.AdminSite) -> AutocompleteSelect:
    """Return a select that asks the server for matching accounts."""
    field: Any = Article._meta.get_field("author")  # noqa: SLF001
    return AutocompleteSelect(field, site)
