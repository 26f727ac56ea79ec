"""What the dashboard's first lines say of language models: who is not asked, and what that means for writing."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from articles.providers.breaker import CLOSED
from articles.providers.health import states
from perfmon.panels.attention import Notice
from perfmon.panels.base import PageQuery


def endpoints_away(query: PageQuery) -> Iterable[Notice]:
    """Return a line for each endpoint whose breaker is not closed; critical when none is left to ask."""
    found = states()
    away = [state for state in found if state.state != CLOSED]
    url = f"{reverse('perfmon:outgoing')}?range={query.range.name}"
    for state in away:
        values = {"name": state.name, "error": state.error}
        if len(away) == len(found):
            text = _("The provider %(name)s is not asked for now. No other is left, so nothing is written: %(error)s")
            yield Notice("critical", _("critical"), text % values, url, state.since)
        else:
            text = _("The provider %(name)s is not asked for now, others write meanwhile: %(error)s")
            yield Notice("warning", _("warning"), text % values, url, state.since)
