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


class GenerationKind(models.TextChoices):
    """What a generation job writes. ``articles/generation/writers.py`` names what does it."""

    ARTICLE = "article", _("Article")
    OUTLINE = "outline", _("Outline")
    EDIT = "edit", _("Edit of a passage")
    SUGGEST = "suggest", _("Suggestions")
    TEST = "test", _("Test of a prompt")


class GenerationStatus(models.TextChoices):
    """Where a generation job is; running until the first words, streaming from then on."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    STREAMING = "streaming", _("Writing")
    SUCCEEDED = "succeeded", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Priority(models.IntegerChoices):
    """Who waits for a job: somebody in front of the screen, or nobody."""

    INTERACTIVE = 0, _("Interactive")
    BATCH = 1, _("Batch")


class CallOutcome(models.TextChoices):
    """How a call of a provider ended; until then it is open, and what it may cost is reserved."""

    OPEN = "open", _("Open")
    OK = "ok", _("Answered")
    CUT = "cut", _("Cut")  # by us: it repeated itself
    CANCELLED = "cancelled", _("Cancelled")
    LOST = "lost", _("Worker lost")
    HANDED_OVER = "handed_over", _("Handed over")
    BUSY = "busy", _("Too many calls")  # 429
    REFUSED = "refused", _("Refused")  # by the provider's moderation
    REJECTED = "rejected", _("Request rejected")  # 400, 404, 422
    KEY_REJECTED = "key_rejected", _("Key rejected")  # 401, 403
    UNREACHABLE = "unreachable", _("Not reachable")
    TIMEOUT = "timeout", _("No answer in time")
    SERVER_ERROR = "server_error", _("Provider failed")  # 5xx
    BROKEN = "broken", _("Answer broken off")  # the stream ended early, or was no stream


class BatchStatus(models.TextChoices):
    """Where a batch of generation jobs is."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class BudgetScope(models.TextChoices):
    """Whose spending a budget bounds."""

    SITE = "site", _("The whole site")
    EACH = "each", _("Each account")
    GROUP = "group", _("Each account of a group")
    USER = "user", _("One account")
