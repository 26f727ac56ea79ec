"""What the editor's page sends, by a form or as JSON: one form reads both."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles.content import Content
from articles.enums import Language, Origin
from articles.models import Article, Category, Image
from articles.rendering import excerpt_of

KEY_CHARS = 64
#: About two hundred ids: of more proposals taken in one sitting the first say enough.
MAX_ACCEPTED_CHARS = 2000
_ID = re.compile(r"[1-9][0-9]{0,17}")


class ArticleForm(forms.Form):
    """The written part of an article. Sizes and characters are the services' to check, whatever the door."""

    title = forms.CharField(label=_("Title"), error_messages={"required": _("An article needs a title.")})
    body = forms.CharField(label=_("Text"), required=False, strip=False)
    slug = forms.CharField(label=_("Address"), required=False)
    excerpt = forms.CharField(label=_("Excerpt"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    category = forms.ModelChoiceField(label=_("Category"), queryset=Category.objects.all(), required=False)
    tags = forms.CharField(label=_("Tags"), required=False)
    cover = forms.ModelChoiceField(label=_("Cover image"), queryset=Image.objects.all(), required=False)
    seo_title = forms.CharField(label=_("Search title"), required=False)
    seo_description = forms.CharField(label=_("Search description"), required=False)
    origin = forms.ChoiceField(label=_("Origin"), choices=Origin.choices)
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    key = forms.CharField(required=False, max_length=KEY_CHARS)
    accepted = forms.CharField(required=False, max_length=MAX_ACCEPTED_CHARS)

    def clean_body(self) -> str:
        """Return the text with the line ends it was written with: a form's are those of mail."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")

    def clean_accepted(self) -> frozenset[int]:
        """Return the ids of the jobs whose proposals the page says were taken into the text."""
        return frozenset(int(found) for found in _ID.findall(self.cleaned_data["accepted"]))

    def content(self) -> Content:
        """Return what a valid form holds."""
        data = self.cleaned_data
        category, cover = data["category"], data["cover"]
        texts = {
            name: data[name]
            for name in ("title", "body", "slug", "excerpt", "language", "seo_title", "seo_description", "origin")
        }
        return Content(
            **texts,
            category_id=category.pk if category else None,
            cover_id=cover.pk if cover else None,
            tags=split_tags(data["tags"]),
        )

    def add_service_error(self, error: ValidationError) -> None:
        """Put what a service refused beside its fields."""
        for name, messages in error.message_dict.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)


def initial_of(article: Article) -> dict[str, Any]:
    """Return what the form shows of an article that is opened."""
    return {**form_data(as_written(article.working())), "version": article.version}


def form_data(content: Content) -> dict[str, Any]:
    """Return ``content`` in the form's words."""
    return {
        "title": content.title, "body": content.body, "slug": content.slug, "excerpt": content.excerpt,
        "language": content.language, "category": content.category_id or "", "tags": ", ".join(content.tags),
        "cover": content.cover_id or "", "seo_title": content.seo_title, "seo_description": content.seo_description,
        "origin": content.origin,
    }  # fmt: skip


def as_written(content: Content) -> Content:
    """Return ``content`` without the excerpt that was taken from its text, so that it keeps following the text."""
    return replace(content, excerpt="") if content.excerpt == excerpt_of(content.body) else content


def split_tags(text: str) -> tuple[str, ...]:
    """Return the names between the commas."""
    return tuple(name for part in text.split(",") if (name := part.strip()))
