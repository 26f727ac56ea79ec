"""Where an article was before its address changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.limits import MAX_SLUG_CHARS
from articles.models.article import Article


class SlugRedirect(models.Model):
    """A slug under which an article was once public; it leads to the article for ever, or until another takes it."""

    slug = models.SlugField(_("slug"), max_length=MAX_SLUG_CHARS, primary_key=True)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="redirects")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("slug redirect")
        verbose_name_plural = _("slug redirects")

    def __str__(self) -> str:
        return self.slug
