"""What the steps are called on buttons and what is said once they are taken."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.enums import Action

Words = str | Promise

VERBS: dict[Action, Words] = {
    Action.SUBMIT: _("Submit for review"),
    Action.WITHDRAW: _("Withdraw from review"),
    Action.RETURN: _("Return with a note"),
    Action.APPROVE: _("Approve"),
    Action.SCHEDULE: _("Schedule"),
    Action.UNSCHEDULE: _("Take off the schedule"),
    Action.PUBLISH: _("Publish now"),
    Action.UNPUBLISH: _("Unpublish"),
    Action.DISCARD: _("Discard the changes"),
    Action.ARCHIVE: _("Archive"),
    Action.RESTORE: _("Restore from the archive"),
}

#: The step most people come for stands first.
USUAL_ORDER = (
    Action.APPROVE, Action.PUBLISH, Action.SUBMIT, Action.RESTORE, Action.SCHEDULE, Action.RETURN, Action.WITHDRAW,
    Action.UNSCHEDULE, Action.DISCARD, Action.UNPUBLISH, Action.ARCHIVE,
)  # fmt: skip

DONE: dict[Action, Words] = {
    Action.SUBMIT: _("“%(title)s” waits for review."),
    Action.WITHDRAW: _("“%(title)s” was withdrawn from review."),
    Action.RETURN: _("“%(title)s” went back to its writer with your note."),
    Action.APPROVE: _("“%(title)s” is approved: its writer may publish it now."),
    Action.SCHEDULE: _("“%(title)s” will be published on schedule."),
    Action.UNSCHEDULE: _("“%(title)s” was taken off the schedule and is a draft again."),
    Action.PUBLISH: _("“%(title)s” is published: readers see this text now."),
    Action.UNPUBLISH: _("“%(title)s” was taken off the site and is a draft again."),
    Action.DISCARD: _("The changes to “%(title)s” were discarded; readers saw none of them."),
    Action.ARCHIVE: _("“%(title)s” was archived."),
    Action.RESTORE: _("“%(title)s” was restored from the archive and is a draft again."),
}
