"""Articles: a list that stays fast whatever its length, a form that never overwrites another's work."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.access import ADD, CHANGE, PUBLISH, actions_for, may_edit
from articles.admin.bulk import ACTIONS
from articles.admin.filters import AuthorFilter, author_widget
from articles.admin.forms import ArticleForm
from articles.admin.paging import LookAhead
from articles.admin.steps import step_buttons
from articles.enums import Status
from articles.models import Article, Draft
from articles.selectors.desk import articles_find
from articles.services.removal import article_delete

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Article]
else:
    Base = admin.ModelAdmin

_STATUS_HELP = gettext_lazy("Title or address, in part, or number")


@admin.register(Article)
class ArticleAdmin(LookAhead, Base):
    """The list reads no texts and counts no further than it shows; the form stores through the services."""

    form = ArticleForm
    list_display = (
        "title", "status_and_changes", "language_code", "category", "author_name", "published", "changed",
    )  # fmt: skip
    list_display_links = ("title",)
    list_filter = ("status", "language", "category", "origin", ("author", AuthorFilter), "updated_at")
    show_facets = admin.ShowFacets.NEVER  # each would be a count of the whole table
    sortable_by = ("changed",)  # the one order that has an index with and without a filter
    search_fields = ("title", "slug")
    search_help_text = _STATUS_HELP
    ordering = ("-updated_at", "-id")
    actions = ACTIONS
    autocomplete_fields = ("cover",)
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = (
        "author_name", "status_and_changes", "published_at", "live_updated_at", "publish_at", "unpublish_at",
        "approved_by", "approved_at", "words", "view_count", "created_at", "updated_at",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("title", "slug", "body", "excerpt", "version")}),
        (gettext_lazy("Where it belongs"), {"fields": ("language", "category", "tags", "cover", "origin")}),
        (gettext_lazy("Search engines"), {"fields": ("seo_title", "seo_description"), "classes": ("collapse",)}),
        (gettext_lazy("Its way to the readers"), {"fields": readonly_fields}),
    )

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        """Leave the texts out of the list, and say which articles have changes waiting."""
        articles: QuerySet[Article] = super().get_queryset(request).select_related("author", "category")
        match = request.resolver_match
        if match and match.url_name == "articles_article_changelist":
            pending = Draft.objects.filter(article_id=OuterRef("pk"))
            return articles.defer("body", "seo_title", "seo_description").annotate(has_changes=Exists(pending))
        return articles.select_related("author", "category", "draft", "approved_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Article], search_term: str
    ) -> tuple[QuerySet[Article], bool]:
        """Search by an index: Django's own search reads every title."""
        if not search_term.strip():
            return queryset, False
        return articles_find(queryset, search_term), False  # type: ignore[arg-type]  # it is the model's own class

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_and_changes(self, article: Article) -> str:
        """The status, and whether readers see another text than the one being written."""
        has_changes = getattr(article, "has_changes", None)
        if has_changes is None:
            has_changes = article.pk is not None and article.status == Status.PUBLISHED and article.pending is not None
        label = article.get_status_display()
        if not has_changes:
            return label
        return format_html("{}<br><small>{}</small>", label, _("Changes not published yet"))

    @admin.display(description=gettext_lazy("author"), ordering="author")
    def author_name(self, article: Article) -> str:
        """The full name, or the login."""
        return article.author.get_full_name() or article.author.get_username()

    @admin.display(description=gettext_lazy("language"))
    def language_code(self, article: Article) -> str:
        """The language in as few letters as tell it."""
        return article.language.partition("-")[0].upper()

    @admin.display(description=gettext_lazy("published"))
    def published(self, article: Article) -> str:
        """The day it first went out, or is to go out."""
        if article.status == Status.SCHEDULED and article.publish_at:
            return _("on %(day)s") % {"day": _short(article.publish_at, "SHORT_DATE_FORMAT")}
        return _short(article.published_at, "SHORT_DATE_FORMAT")

    @admin.display(description=gettext_lazy("changed"), ordering="updated_at")
    def changed(self, article: Article) -> str:
        """The moment it was last changed."""
        return _short(article.updated_at, "SHORT_DATETIME_FORMAT")

    @property
    def media(self) -> forms.Media:
        """Also what completes authors' names in the filter, and the admin's own styles."""
        return super().media + author_widget(self.admin_site).media

    # The form

    def get_form(
        self, request: HttpRequest, obj: Article | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Article]]:
        """Return a form that knows who writes."""
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = request.user  # type: ignore[attr-defined]  # the class is made for this request
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Any:
        """Leave out where a new article is: nowhere yet."""
        return self.fieldsets[:3] if obj is None else self.fieldsets

    def get_prepopulated_fields(self, request: HttpRequest, obj: Article | None = None) -> Any:
        """Propose an address for a new title only."""
        return self.prepopulated_fields if obj is None else {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Article | None = None,
    ) -> HttpResponse:
        """Add the article's state, and the steps that are open to this account."""
        if obj is not None:
            stored = Article.objects.select_related("draft").get(pk=obj.pk)  # the form has written on its own
            context |= {
                "article": stored,
                "has_changes": stored.is_public and stored.pending is not None,
                "is_stale": getattr(context["adminform"].form, "is_stale", False),
                "steps": step_buttons(actions_for(request.user, stored)),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Article:
        """Return what the form has stored."""
        stored: Article = form.stored
        return stored

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """Do nothing: the form has stored it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: tags are stored with the rest."""

    # Rights: the services decide; here, what is offered

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Whether the text may be changed; one in the archive is only read."""
        if obj is None:
            return request.user.has_perm(CHANGE) or request.user.has_perm(ADD)
        return obj.status != Status.ARCHIVED and may_edit(request.user, obj)

    def has_view_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Whether it may be read: also by who may edit it were it not in the archive."""
        return super().has_view_permission(request, obj) or (obj is not None and may_edit(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Superusers only: everybody else archives."""
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether the steps are offered for many articles at once."""
        return request.user.has_perm(PUBLISH)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List what goes with an article, without asking for the right to delete revisions one by one."""
        to_delete, counts, _perms_needed, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        """Delete through the service, which tells who must know."""
        assert isinstance(request.user, User)
        article_delete(article_id=obj.pk, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        """Delete one after another: each that was public is told."""
        assert isinstance(request.user, User)
        for pk in list(queryset.values_list("pk", flat=True)):
            article_delete(article_id=pk, actor=request.user)


def _short(moment: datetime | None, form: str) -> str:
    return date_format(timezone.localtime(moment), form) if moment else "-"
