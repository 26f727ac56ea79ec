"""Actions on many articles: each starts a job and leads to its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.bulk.jobs import job_start
from articles.bulk.selection import Selection
from articles.enums import BulkKind
from articles.models import Article

#: What the list's filters are called in its address, and the columns that a selection keeps.
_FILTERS = {
    "status__exact": "status", "language__exact": "language", "origin__exact": "origin",
    "category__id__exact": "category_id", "author__id__exact": "author_id", "category__isnull": "category__isnull",
    "updated_at__gte": "updated_at__gte", "updated_at__lt": "updated_at__lt",
}  # fmt: skip
_NOT_FILTERS = {"q", "p", "o", "all", "e", "_facets", "_changelist_filters"}


class UnknownFilterError(Exception):
    """The list is filtered by something that a job can't repeat."""


def chosen(request: HttpRequest) -> Selection:
    """Return what was ticked; with all pages chosen, what the list's address says. Raises UnknownFilterError."""
    if request.POST.get("select_across") != "1":
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        return Selection(ids=tuple(int(pk) for pk in ticked if pk.isascii() and pk.isdecimal()))
    unknown = set(request.GET) - set(_FILTERS) - _NOT_FILTERS
    if unknown:
        raise UnknownFilterError(", ".join(sorted(unknown)))
    filters = {column: request.GET.getlist(name) for name, column in _FILTERS.items() if name in request.GET}
    newest = Article.objects.aggregate(last=Max("pk"))["last"] or 0
    return Selection(filters=filters, search=request.GET.get("q", "").strip(), newest_id=newest)


def _action(
    kind: BulkKind, description: Any, permission: str
) -> Callable[[Any, HttpRequest, QuerySet[Article]], HttpResponse | None]:
    @admin.action(description=description, permissions=[permission])
    def start(_model_admin: Any, request: HttpRequest, _articles: QuerySet[Article]) -> HttpResponse | None:
        try:
            selection = chosen(request)
        except UnknownFilterError as error:
            text = _("All pages can't be chosen with the filter “%(name)s”. Tick articles instead.")
            messages.error(request, text % {"name": error})
            return None
        job = job_start(kind=kind, owner=request.user, parameters=selection.to_json())  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("studio:job", args=[job.pk]))

    start.__name__ = kind.value
    return start


#: Who may take a step with which article is decided for each, by the services; here, whether it is offered at all.
ACTIONS = [
    _action(BulkKind.PUBLISH, gettext_lazy("Publish the selected articles"), "publish"),
    _action(BulkKind.UNPUBLISH, gettext_lazy("Unpublish the selected articles"), "publish"),
    _action(BulkKind.ARCHIVE, gettext_lazy("Archive the selected articles"), "publish"),
    _action(BulkKind.RESTORE, gettext_lazy("Restore the selected articles from the archive"), "publish"),
    _action(BulkKind.EXPORT_ZIP, gettext_lazy("Export the selected articles as ZIP"), "view"),
    _action(BulkKind.EXPORT_CSV, gettext_lazy("Export the selected articles as CSV"), "view"),
]
