"""What happened and what was written: audit entries, revisions and redirects, to be read only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.paging import LookAhead
from articles.models import AuditEntry, Revision, SlugRedirect
from articles.selectors.desk import articles_find

if TYPE_CHECKING:
    AuditBase = admin.ModelAdmin[AuditEntry]
    RevisionBase = admin.ModelAdmin[Revision]
    RedirectBase = admin.ModelAdmin[SlugRedirect]
else:
    AuditBase = RevisionBase = RedirectBase = admin.ModelAdmin


class ReadOnly:
    """Rows that the services write; nobody changes them by hand."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one."""
        return False


class OfArticle(LookAhead):
    """Rows that belong to an article, searched by that article."""

    search_fields = ("article",)
    search_help_text = gettext_lazy("The article's title or address, in part, or its number")
    show_facets = admin.ShowFacets.NEVER

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find the articles first, by their own index."""
        if not search_term.strip():
            return queryset, False
        from articles.models import Article

        found = articles_find(Article.objects.all(), search_term).order_by().values("pk")
        return queryset.filter(article_id__in=found), False


def article_link(article_id: int | None, title: str) -> SafeString | str:
    """Return the way to an article's form, or only its title once it is gone."""
    if article_id is None:
        return title
    return format_html('<a href="{}">{}</a>', reverse("admin:articles_article_change", args=[article_id]), title)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, OfArticle, AuditBase):
    """Who took which step, newest first."""

    list_display = ("at", "action", "of_article", "by", "from_status", "to_status", "version", "note")
    list_filter = ("action",)
    list_select_related = ("actor",)
    sortable_by = ()
    ordering = ("-at", "-id")
    fields = ("at", "action", "of_article", "by", "from_status", "to_status", "version", "note")

    @admin.display(description=gettext_lazy("article"))
    def of_article(self, entry: AuditEntry) -> SafeString | str:
        """The title as it was then, with the way to the article."""
        return article_link(entry.article_id, entry.title)

    @admin.display(description=gettext_lazy("by"))
    def by(self, entry: AuditEntry) -> str:
        """The login; without one it was the site itself."""
        return entry.actor.get_username() if entry.actor else _("the site, on schedule")


@admin.register(Revision)
class RevisionAdmin(ReadOnly, OfArticle, RevisionBase):
    """Every saved state, newest first; compared and restored in the studio."""

    list_display = ("created_at", "of_article", "version", "kind", "name", "words", "created_by")
    list_select_related = ("article", "created_by")
    sortable_by = ()
    ordering = ("-id",)
    fields = ("of_article", "version", "kind", "name", "words", "created_by", "created_at", "in_studio", "text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        """Leave the texts out of the list."""
        revisions = super().get_queryset(request).defer("article__body")
        match = request.resolver_match
        is_list = match is not None and match.url_name == "articles_revision_changelist"
        return revisions.defer("content", "article__body") if is_list else revisions

    @admin.display(description=gettext_lazy("article"))
    def of_article(self, revision: Revision) -> SafeString | str:
        """The way to the article."""
        return article_link(revision.article_id, revision.article.title)

    @admin.display(description=gettext_lazy("text"))
    def text(self, revision: Revision) -> SafeString:
        """The title and the text as they were."""
        written = revision.written
        return format_html('<strong>{}</strong><pre class="revision-text">{}</pre>', written.title, written.body)

    @admin.display(description=gettext_lazy("compare and restore"))
    def in_studio(self, revision: Revision) -> SafeString:
        """The way to the studio's list of revisions."""
        address = reverse("studio:revisions", args=[revision.article_id])
        return format_html('<a href="{}">{}</a>', address, _("Open in the studio"))


@admin.register(SlugRedirect)
class SlugRedirectAdmin(ReadOnly, OfArticle, RedirectBase):
    """Old addresses, and where they lead; one that is deleted answers 404."""

    list_display = ("slug", "of_article", "created_at")
    list_select_related = ("article",)
    sortable_by = ()
    ordering = ("slug",)
    fields = ("slug", "of_article", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SlugRedirect]:
        """Leave the texts out."""
        return super().get_queryset(request).select_related("article").defer("article__body")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers may."""
        return bool(getattr(request.user, "is_superuser", False))

    @admin.display(description=gettext_lazy("leads to"))
    def of_article(self, redirect: SlugRedirect) -> SafeString | str:
        """The way to the article."""
        return article_link(redirect.article_id, redirect.article.title)
