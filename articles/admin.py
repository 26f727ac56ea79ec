"""Articles in Django's admin: a thin door, its writes go through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from articles.content import Content
from articles.enums import Status
from articles.exceptions import NotAllowedError, TransitionError
from articles.models import Article
from articles.services.articles import article_create, article_save
from articles.services.publishing import article_publish
from articles.slugs import free_slugs, slug_base

if TYPE_CHECKING:
    ArticleAdminBase = admin.ModelAdmin[Article]
    ArticleFormBase = forms.ModelForm[Article]
else:
    ArticleAdminBase = admin.ModelAdmin
    ArticleFormBase = forms.ModelForm


class ArticleForm(ArticleFormBase):
    """Fills in the slug, which the admin's script does only for who has scripts."""

    def clean_slug(self) -> str:
        """Return the slug, or a free one made from the title."""
        slug: str = self.cleaned_data["slug"]
        return slug or next(free_slugs(slug_base(self.cleaned_data.get("title", "")), Article.objects.all()))


@admin.register(Article)
class ArticleAdmin(ArticleAdminBase):
    """Lists without texts and without a full count; new articles are drafts of who writes them."""

    form = ArticleForm
    list_display = ["title", "status", "language", "author", "published_at", "updated_at"]
    list_filter = ["status", "language"]
    list_select_related = ["author"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["title", "slug"]
    ordering = ["-updated_at", "-id"]
    prepopulated_fields = {"slug": ["title"]}
    fields = ["title", "slug", "language", "excerpt", "body", "status", "published_at", "version"]
    readonly_fields = ["status", "published_at", "version"]
    actions = ["publish"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        """Leave the texts out of the list."""
        articles = super().get_queryset(request)
        match = request.resolver_match
        return articles.defer("body") if match and match.url_name == "articles_article_changelist" else articles

    def save_model(self, request: HttpRequest, obj: Article, form: forms.ModelForm[Article], change: bool) -> None:
        """Store through the services."""
        if change:
            saved = article_save(
                article_id=obj.pk, content=obj.content(), version=obj.version,
                actor=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
            )  # fmt: skip
            obj.version = saved.version
            return
        slug = obj.slug if form.data.get("slug") else ""  # one the form made may be taken by now
        content = Content(title=obj.title, body=obj.body, excerpt=obj.excerpt, language=obj.language, slug=slug)
        created = article_create(content=content, author=request.user)  # type: ignore[arg-type]
        obj.pk, obj.slug = created.pk, created.slug  # the admin's log and links ask for them

    @admin.action(description=_("Publish the selected drafts"), permissions=["change"])
    def publish(self, request: HttpRequest, articles: QuerySet[Article]) -> None:
        """Publish each selected article; what can't be is left as it is and named."""
        published = 0
        for article in articles.select_related(None).only("pk", "title"):
            try:
                article_publish(article_id=article.pk, actor=request.user)  # type: ignore[arg-type]
                published += 1
            except (TransitionError, NotAllowedError, ValidationError) as error:
                self.message_user(request, f"{article.title}: {_reason(error)}", messages.ERROR)
        if published:
            text = ngettext("%(count)d article is published.", "%(count)d articles are published.", published)
            self.message_user(request, text % {"count": published}, messages.SUCCESS)


def _reason(error: TransitionError | NotAllowedError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, NotAllowedError):
        return gettext("You may not publish it.")
    return gettext("It is “%(status)s” and can't be published.") % {"status": Status(error.status).label}
