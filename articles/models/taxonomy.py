"""What groups articles: one category each, any number of tags."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.limits import MAX_CATEGORY_CHARS, MAX_EXCERPT_CHARS, MAX_SLUG_CHARS, MAX_TAG_CHARS
from articles.validators import validate_not_blank, validate_text


class Category(models.Model):
    """A section of the site; editors choose from the few there are."""

    name = models.CharField(_("name"), max_length=MAX_CATEGORY_CHARS, validators=[validate_text, validate_not_blank])
    slug = models.SlugField(_("slug"), max_length=MAX_SLUG_CHARS, db_index=False)
    description = models.CharField(
        _("description"), max_length=MAX_EXCERPT_CHARS, blank=True, validators=[validate_text]
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="category_slug_unique", fields=["slug"])]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that articles share; made when it is first used."""

    name = models.CharField(_("name"), max_length=MAX_TAG_CHARS, validators=[validate_text, validate_not_blank])
    slug = models.SlugField(_("slug"), max_length=MAX_SLUG_CHARS, db_index=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        # The slug is what makes two spellings one tag.
        constraints = [models.UniqueConstraint(name="tag_slug_unique", fields=["slug"])]

    def __str__(self) -> str:
        return self.name
