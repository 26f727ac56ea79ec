"""What keeps an article of a file from being stored, each at its line and with the way to mend it."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from articles.access import may_edit
from articles.content import Content
from articles.enums import Status
from articles.limits import MAX_BODY_CHARS
from articles.models import Article, Revision
from articles.portability.source import Fault, FaultError, Source
from articles.services.articles import content_check, ready_check

_VERSION_DIGITS = 9


def check_way(source: Source) -> None:
    """Raise FaultError for a status or a version that is none."""
    status, version = source.given.get("status", ""), source.given.get("version", "")
    if status and status not in Status.values:
        names = ", ".join(Status.values)
        message = _("“%(status)s” is no status. Write one of %(known)s, or leave the line out.")
        raise FaultError(source.fault(message % {"status": status, "known": names}, "status"))
    if version and not (version.isascii() and version.isdecimal() and len(version) <= _VERSION_DIGITS):
        raise FaultError(source.fault(_("A version is a whole number. Correct the line, or leave it out."), "version"))


def check_content(source: Source, article: Article, content: Content, *, goes_out: bool) -> None:
    """Raise FaultError with a line for each field that ``article`` can't have."""
    faults: list[Fault] = []
    try:
        content_check(article, content, needs_slug=False)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            faults += [_field_fault(source, content, name, message) for message in messages]
    if content.slug and not any(fault.field == "slug" for fault in faults):
        try:
            validate_slug(content.slug)
        except ValidationError as error:
            faults += [_field_fault(source, content, "slug", message) for message in error.messages]
    if goes_out:
        try:
            ready_check(content)
        except ValidationError:
            faults.append(source.fault(_("There is no text, so it can't be published. Write one."), "body"))
    if faults:
        raise FaultError(*dict.fromkeys(faults))


def check_update(source: Source, there: Article, account: AbstractBaseUser) -> None:
    """Raise FaultError when the account may not change the article, or would undo what others wrote."""
    if not may_edit(account, there):
        message = _("You may not change the article that has this slug. Skip it, or import a copy.")
        raise FaultError(source.fault(message, "slug"))
    if there.status == Status.ARCHIVED:
        raise FaultError(source.fault(_("The article that has this slug is archived. Restore it first."), "slug"))
    if _was_changed_since(there, source):
        message = _(
            "Somebody changed the text after version %(given)s, which this file was made from; it is at "
            "%(current)d. Export it again, or leave this line out to overwrite the changes."
        )
        figures = {"current": there.version, "given": source.given["version"]}
        raise FaultError(source.fault(message % figures, "version"))


def _was_changed_since(there: Article, source: Source) -> bool:
    """Whether the text is another than at the version that the file was made from."""
    given = source.given.get("version", "")
    if not given or int(given) == there.version:
        return False
    base = Revision.objects.filter(article=there, version__lte=int(given)).order_by("-version").first()
    return base is None or not base.written.same_as(there.working())


def _field_fault(source: Source, content: Content, name: str, message: str) -> Fault:
    fault = source.fault(f"{message} {_fix(name, content)}".strip(), "" if name == "__all__" else name)
    if name == "body" and len(content.body) > MAX_BODY_CHARS and "body" in source.lines:
        return replace(fault, line=source.lines["body"] + content.body.count("\n", 0, MAX_BODY_CHARS))
    return fault


def _fix(name: str, content: Content) -> str:
    if name == "body":
        return _("Divide it into several articles.") if len(content.body) > MAX_BODY_CHARS else ""
    fixes = {
        "title": _("Correct the title."),
        "slug": _("Use letters, digits and hyphens, or leave the line out."),
        "language": _("Write en or pt-br."),
        "origin": _("Write human, assisted or ai."),
        "excerpt": _("Shorten it, or leave it out: the first paragraph is taken."),
    }
    return fixes.get(name, _("Correct the line, or leave it out."))
