"""The fixed sets of values an article's fields take."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where an article is on its way to the readers; only a published one is public."""

    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("In review")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


class Language(models.TextChoices):
    """The languages articles are written in, by the codes that Django's LANGUAGES use; named in themselves."""

    ENGLISH = "en", "English"
    PORTUGUESE = "pt-br", "Português (Brasil)"
