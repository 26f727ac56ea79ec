"""The articles app: what the studio writes and what the site shows."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    """Registers the app."""

    name = "articles"
    verbose_name = _("Articles")

    def ready(self) -> None:
        """Give a new site its groups once its permissions are there."""
        from articles import caching
        from articles.generation.batches import follow_jobs
        from articles.groups import groups_ensure
        from articles.providers import endpoints
        from articles.search import upkeep
        from articles.services.similarity import follow_live_changes

        post_migrate.connect(groups_ensure, sender=self)
        upkeep.connect()
        follow_live_changes()
        caching.connect()
        endpoints.connect()
        follow_jobs()
