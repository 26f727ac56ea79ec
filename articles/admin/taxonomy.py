"""Categories and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from articles.admin.paging import LookAhead
from articles.models import Category, Tag

if TYPE_CHECKING:
    CategoryBase = admin.ModelAdmin[Category]
    TagBase = admin.ModelAdmin[Tag]
else:
    CategoryBase = TagBase = admin.ModelAdmin


@admin.register(Category)
class CategoryAdmin(CategoryBase):
    """The site's sections; one with articles can't be deleted."""

    list_display = ("name", "slug", "description")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ["name"]}
    show_full_result_count = False


@admin.register(Tag)
class TagAdmin(LookAhead, TagBase):
    """The words articles share; they are made as they are used."""

    list_display = ("name", "slug")
    search_fields = ("^slug", "^name")
    prepopulated_fields = {"slug": ["name"]}
