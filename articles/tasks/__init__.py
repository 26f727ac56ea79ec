"""The app's work in the background: thin doors to the services, one module a noun. Celery finds them through here."""

from articles.tasks.schedule import articles_follow_schedule, autosaves_thin_out

__all__ = ["articles_follow_schedule", "autosaves_thin_out"]
