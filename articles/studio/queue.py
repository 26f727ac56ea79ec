"""The review queue: what waits for a second pair of eyes, the longest waiting first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles.access import REVIEW
from articles.selectors import studio as selectors
from articles.selectors.studio import QUEUE_ROWS
from articles.studio.entry import studio_view


@require_safe
@studio_view
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for a review, and what is approved and waits for somebody to publish it."""
    account: Any = request.user
    rows = selectors.queue_list()
    own = None if account.is_superuser else account.pk
    context = {
        "waiting": [row for row in rows if row.article.approved_at is None],
        "approved": [row for row in rows if row.article.approved_at is not None],
        "own": own, "may_review": account.has_perm(REVIEW), "is_cut": len(rows) == QUEUE_ROWS, "most": QUEUE_ROWS,
    }  # fmt: skip
    return render(request, "studio/queue.html", context)
