"""The past of an article: its revisions, what differs between two, bringing one back, and who did what."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from articles.access import may_edit
from articles.enums import Status
from articles.exceptions import ArticleError, NotAllowedError, StaleVersionError
from articles.models import Article, Revision
from articles.selectors import revisions as selectors
from articles.selectors.revisions import RevisionRow
from articles.services.revisions import revision_rename, revision_restore
from articles.studio.comparison import LIVE, NOW, Side, compare, side_of
from articles.studio.entry import studio_view
from articles.studio.steps import article_for, next_page
from articles.studio.undo import restore_tags

_MAX_VERSION = 2**31 - 1


class Entry(NamedTuple):
    """A revision in the list, with the words it gained."""

    row: RevisionRow
    gain: int


@require_safe
@studio_view
def revisions(request: HttpRequest, article_id: int) -> HttpResponse:
    """The revisions, newest first, and the history; ``?before=<version>`` shows older ones."""
    article = article_for(request, article_id)
    page = selectors.revision_list(article_id=article_id, before=_version(request.GET.get("before", "")))
    entries = [Entry(row, gain) for row, gain in zip(page.rows, page.gains, strict=True)]
    context = {
        "article": article, "groups": _grouped(entries), "older": page.older, "may_edit": _may_change(request, article),
        "history": selectors.history_list(article_id=article_id), "is_first": "before" not in request.GET,
        "second_id": entries[1].row.id if len(entries) > 1 else None,
    }  # fmt: skip
    return render(request, "studio/revisions.html", context)


@require_safe
@studio_view
def diff(request: HttpRequest, article_id: int) -> HttpResponse:
    """What differs ``?from=`` one state ``&to=`` another: a revision's id, ``live`` or ``now``."""
    article = article_for(request, article_id)
    after = side_of(article, request.GET.get("to") or NOW)
    before = side_of(article, request.GET.get("from") or _earlier(article, after))
    context = {
        "article": article, "before": before, "after": after, "comparison": compare(before.content, after.content),
        "restorable": [side for side in (before, after) if side.revision_id and _may_change(request, article)],
    }  # fmt: skip
    return render(request, "studio/diff.html", context)


@require_POST
@studio_view
def restore(request: HttpRequest, article_id: int, revision_id: int) -> HttpResponse:
    """Make a revision what is being written; readers see nothing of it before it is published."""
    article_for(request, article_id)
    version = _version(request.POST.get("version", ""))
    newest = selectors.revision_newest(article_id=article_id)
    account: Any = request.user
    try:
        if version is None:
            raise Http404(
                _("The form that was sent is not complete. Go back to the article and choose the step again.")
            )
        article = revision_restore(article_id=article_id, revision_id=revision_id, version=version, actor=account)
    except Revision.DoesNotExist:
        raise Http404(_("There is no such revision of this article.")) from None
    except (ArticleError, ValidationError) as error:
        messages.error(request, _refusal(error))
        return redirect("studio:revisions", article_id)
    tags = restore_tags(article=article, revision_id=newest.id) if newest else ""
    text = _("The restored revision is what is being written now. What was written before is kept as a revision too.")
    messages.success(request, text, extra_tags=tags)
    return redirect(next_page(request) or reverse("studio:editor", args=[article_id]))


@require_POST
@studio_view
def rename(request: HttpRequest, article_id: int, revision_id: int) -> HttpResponse:
    """Name a revision, so that it is found again and never thinned out."""
    article_for(request, article_id)
    account: Any = request.user
    try:
        name = request.POST.get("name", "")
        revision = revision_rename(article_id=article_id, revision_id=revision_id, name=name, actor=account)
    except Revision.DoesNotExist:
        raise Http404(_("There is no such revision of this article.")) from None
    except (ArticleError, ValidationError) as error:
        messages.error(request, _refusal(error))
    else:
        said = (
            _("Version %(number)d is called “%(name)s” now.")
            if revision.name
            else _("Version %(number)d has no name now.")
        )
        messages.success(request, said % {"number": revision.version, "name": revision.name})
    return redirect("studio:revisions", article_id)


def _refusal(error: Exception) -> str:
    if isinstance(error, StaleVersionError):
        return _(
            "Somebody saved this article since you opened the page, so nothing was changed. Look again and repeat it."
        )
    if isinstance(error, NotAllowedError):
        return _("You may not change this article. Nothing was changed.")
    if isinstance(error, ValidationError):
        return _("Nothing was changed. %(reasons)s") % {"reasons": " ".join(error.messages)}
    return _("An archived article can't be changed. Restore it from the archive first.")


def _may_change(request: HttpRequest, article: Article) -> bool:
    return article.status != Status.ARCHIVED and may_edit(request.user, article)


def _version(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 10
    return min(int(text), _MAX_VERSION) if is_number else None


def _earlier(article: Article, after: Side) -> str:
    """Return what a state is compared with unless the address says: the live text, or the revision before."""
    if after.key != NOW and after.key != LIVE:
        revision = selectors.revision_get(article_id=article.pk, revision_id=int(after.key))
        earlier = selectors.revision_newest(article_id=article.pk, below=revision.version)
        return str(earlier.id) if earlier else after.key
    if article.pending is not None:
        return LIVE
    newest = selectors.revision_newest(article_id=article.pk)
    earlier = selectors.revision_newest(article_id=article.pk, below=newest.version) if newest else None
    return str(earlier.id) if earlier else NOW


def _grouped(entries: list[Entry]) -> list[list[Entry]]:
    """Return the entries with autosaves that follow each other as one group; the newest revision stands alone."""
    groups: list[list[Entry]] = []
    for at, entry in enumerate(entries):
        joins = at > 1 and entry.row.is_autosave and groups[-1][-1].row.is_autosave
        if joins:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups
