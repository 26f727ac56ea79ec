"""The articles app: what the studio writes and what the site shows."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    """Registers the app."""

    name = "articles"
    verbose_name = _("Articles")
