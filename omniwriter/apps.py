"""The project package as an app: its commands, its Celery application, its tasks."""

from django.apps import AppConfig


class OmniwriterConfig(AppConfig):
    """Makes the Celery application the current one, so that every process that sends a task reaches the broker."""

    name = "omniwriter"
    verbose_name = "Omni Writer"

    def ready(self) -> None:
        """Import the Celery application, register the system checks, and watch writes when there are replicas."""
        from omniwriter import celery, checks  # noqa: F401
        from omniwriter.replicas import checks as replica_checks  # noqa: F401
        from omniwriter.replicas.servers import replica_aliases

        if replica_aliases():
            from omniwriter.replicas import messages, writes

            writes.watch_writes()
            messages.carry()
