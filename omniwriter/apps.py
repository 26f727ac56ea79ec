"""The project package as an app: its commands, its Celery application, its tasks."""

from django.apps import AppConfig


class OmniwriterConfig(AppConfig):
    """Makes the Celery application the current one, so that every process that sends a task reaches the broker."""

    name = "omniwriter"
    verbose_name = "Omni Writer"

    def ready(self) -> None:
        """Import the Celery application and register the system checks."""
        from omniwriter import celery, checks  # noqa: F401
