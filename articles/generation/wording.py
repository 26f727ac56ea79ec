"""What generation says in codes, in words: why a job waits, why it failed and what to do, what to know of its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.enums import CallOutcome

_WAITS = {
    "account": gettext_lazy("Waiting until another of your texts is written"),
    "busy": gettext_lazy("Waiting: the model takes no more calls just now"),
    "retry": gettext_lazy("Waiting to try again: the model did not answer as it should"),
    "unwell": gettext_lazy("Waiting: no connected model answers just now"),
}
_ERRORS = {
    "budget_account": gettext_lazy("Your budget for this month is used up. It starts anew with the next month."),
    "budget_site": gettext_lazy("The site’s budget for this month is used up. It starts anew with the next month."),
    "budget_jobs": gettext_lazy("You have started as many texts today as you may. Tomorrow (UTC) you may again."),
    "no_endpoint_none": gettext_lazy("No model is connected. Connect one, then try again."),
    "no_endpoint_language": gettext_lazy("No connected model writes this language. Connect one that does."),
    "no_endpoint_unwell": gettext_lazy("No connected model answered for a long while. Try again later."),
    "no_endpoint_busy": gettext_lazy("All connected models were busy for a long while. Try again later."),
    "not_storable": gettext_lazy("The text is written, and could not be stored as a draft as it is."),
    "unexpected": gettext_lazy("The work stopped by a fault of ours, which is in the log. Try again."),
    CallOutcome.BUSY: gettext_lazy("The model took no more calls, also after waiting. Try again later."),
    CallOutcome.REFUSED: gettext_lazy(
        "The provider’s moderation refused the wish. Say it in other words, or choose another model."
    ),
    CallOutcome.REJECTED: gettext_lazy("The provider did not accept the request. Choose another model."),
    CallOutcome.KEY_REJECTED: gettext_lazy("The provider rejected the key. An administrator has to renew it."),
    CallOutcome.UNREACHABLE: gettext_lazy("The provider could not be reached. Try again later."),
    CallOutcome.TIMEOUT: gettext_lazy("The model did not answer in time, also when asked again. Try again later."),
    CallOutcome.SERVER_ERROR: gettext_lazy("The provider failed, also when asked again. Try again later."),
    CallOutcome.BROKEN: gettext_lazy("The model’s answers broke off, also when asked again. Try again later."),
}
_NOTES = {
    "repetition_cut": gettext_lazy("“%(title)s” began to repeat itself and was cut there."),
    "section_short": gettext_lazy("“%(title)s” came out short: %(words)s words."),
    "outline_fallback": gettext_lazy("The model’s outline was of little use; general headings fill it up."),
    "suggestions_fallback": gettext_lazy("Not proposed by the model but taken from the text: %(fields)s."),
}
_UNTITLED = {"repetition_cut": gettext_lazy("The text began to repeat itself and was cut there.")}
_FIELDS = {
    "title": gettext_lazy("title"),
    "excerpt": gettext_lazy("excerpt"),
    "description": gettext_lazy("search description"),
    "tags": gettext_lazy("tags"),
}


def wait_words(code: str) -> str:
    """Return what a job waits for, by ``job.waits_for``."""
    return str(_WAITS.get(code, _WAITS["unwell"]))


def error_words(error: Mapping[str, Any]) -> str:
    """Return why a job failed and what to do, of ``job.error``; nothing for one that did not."""
    if not error:
        return ""
    words = str(_ERRORS.get(error.get("code", ""), _ERRORS["unexpected"]))
    fields = [message for messages in error.get("fields", {}).values() for message in messages]
    return " ".join([words, *fields])


def note_words(note: Mapping[str, Any]) -> str:
    """Return one of ``job.notes``; a code that has no words is said as it is."""
    code = str(note["code"])
    if code not in _NOTES:
        return code
    if code in _UNTITLED and not note.get("title"):
        return str(_UNTITLED[code])
    fields = get_text_list([str(_FIELDS.get(name, name)) for name in note.get("fields", ())], _("and"))
    return str(_NOTES[code]) % {"title": "", "words": "", **note, "fields": fields}
