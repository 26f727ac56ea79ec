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


class Origin(models.TextChoices):
    """Who wrote the text, as readers are told."""

    HUMAN = "human", _("Written by a person")
    ASSISTED = "assisted", _("Written with AI assistance")
    AI = "ai", _("Written by AI")


class RevisionKind(models.TextChoices):
    """Why a revision was kept; of these only autosaves are ever thinned out."""

    AUTOSAVE = "autosave", _("Autosave")
    SAVE = "save", _("Saved")
    PUBLISH = "publish", _("Published")
    RESTORE = "restore", _("Restored")
    MERGE = "merge", _("Merged")
    IMPORT = "import", _("Imported")


class Action(models.TextChoices):
    """A step on an article's way; each leaves an audit entry. ``workflow.py`` says from where and by whom."""

    CREATE = "create", _("Created")
    SUBMIT = "submit", _("Submitted for review")
    WITHDRAW = "withdraw", _("Withdrawn from review")
    RETURN = "return", _("Returned with a note")
    APPROVE = "approve", _("Approved")
    SCHEDULE = "schedule", _("Scheduled")
    UNSCHEDULE = "unschedule", _("Taken off the schedule")
    PUBLISH = "publish", _("Published")
    UNPUBLISH = "unpublish", _("Unpublished")
    ARCHIVE = "archive", _("Archived")
    RESTORE = "restore", _("Restored from the archive")
    DISCARD = "discard", _("Changes discarded")
    REVERT = "revert", _("Revision restored")
    MERGE = "merge", _("Conflict merged")


class BulkKind(models.TextChoices):
    """What a bulk job does with its articles."""

    PUBLISH = "publish", _("Publish")
    UNPUBLISH = "unpublish", _("Unpublish")
    ARCHIVE = "archive", _("Archive")
    RESTORE = "restore", _("Restore")
    EXPORT_ZIP = "export_zip", _("Export as ZIP")
    EXPORT_CSV = "export_csv", _("Export as CSV")
    IMPORT = "import", _("Import")


class JobStatus(models.TextChoices):
    """Where a job in the background is."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
