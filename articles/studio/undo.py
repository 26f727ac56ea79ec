"""How a step is taken back: the fields of the form that does it, carried by the message that tells of the step."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.contrib.messages.storage.base import Message
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.access import Account, actions_for
from articles.enums import Action, Status
from articles.models import Article, Revision

_MARK = "undo?"
#: The steps that another one simply takes back.
_INVERSE = {
    Action.SUBMIT: Action.WITHDRAW, Action.WITHDRAW: Action.SUBMIT, Action.SCHEDULE: Action.UNSCHEDULE,
    Action.ARCHIVE: Action.RESTORE, Action.RESTORE: Action.ARCHIVE,
}  # fmt: skip


class Undo(NamedTuple):
    """A form of one button: where it goes, what it sends, what the button says."""

    url: str
    fields: dict[str, str]
    label: str


class Before(NamedTuple):
    """What an article was before a step, as far as it matters for taking the step back."""

    status: str
    had_changes: bool
    was_public_before: bool
    publish_at: str
    unpublish_at: str


def remember(article: Article) -> Before:
    """Return what has to be known of the article before the step."""
    moments = [value.isoformat() if value else "" for value in (article.publish_at, article.unpublish_at)]
    return Before(article.status, article.pending is not None, article.published_at is not None, *moments)


def undo_tags(*, action: Action, before: Before, article: Article, account: Account) -> str:
    """Return the message's tags that carry the way back; empty when there is none this account can go."""
    fields = _way_back(action, before, article)
    if not fields or ("action" in fields and fields["action"] not in actions_for(account, article)):
        return ""
    return _MARK + urlencode({**fields, "article": article.pk, "version": article.version})


def restore_tags(*, article: Article, revision_id: int) -> str:
    """Return the tags of a message that tells of a restored revision: the way back to the one before."""
    return _MARK + urlencode({"revision": revision_id, "article": article.pk, "version": article.version})


def undo_of(message: Message) -> Undo | None:
    """Return the way back that a message carries."""
    if not (message.extra_tags or "").startswith(_MARK):
        return None
    fields = dict(parse_qsl(str(message.extra_tags)[len(_MARK) :]))
    article_id, revision_id = int(fields.pop("article")), fields.pop("revision", "")
    label = _("Restore as a draft") if fields.pop("partly", "") else _("Undo")
    if revision_id:
        return Undo(reverse("studio:restore", args=[article_id, int(revision_id)]), fields, label)
    return Undo(reverse("studio:step", args=[article_id]), fields, label)


def _way_back(action: Action, before: Before, article: Article) -> dict[str, Any]:
    if action is Action.DISCARD:  # the newest revision is what was discarded
        newest = Revision.objects.filter(article=article).order_by("-version").values_list("pk", flat=True).first()
        return {"revision": newest} if newest else {}
    if action is Action.UNSCHEDULE:
        return {"action": Action.SCHEDULE, "publish_at": before.publish_at, "unpublish_at": before.unpublish_at}
    if action is Action.UNPUBLISH:  # publishing again would bring out the changes too, and forget when it was to end
        return {} if before.had_changes or before.unpublish_at else {"action": Action.PUBLISH}
    if action is Action.PUBLISH:
        return {} if before.was_public_before else {"action": Action.UNPUBLISH}
    if action not in _INVERSE:
        return {}
    is_exact = action is not Action.ARCHIVE or before.status == Status.DRAFT
    return {"action": _INVERSE[action]} | ({} if is_exact else {"partly": "1"})
