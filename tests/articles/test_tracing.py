"""Articles know one trace id without knowing who keeps it."""

from __future__ import annotations

import re

from articles import tracing
from perfmon.context import carried


def test_each_call_makes_an_id_where_nothing_keeps_one(settings) -> None:
    settings.TRACE_SOURCE = ""
    first, second = tracing.trace_id(), tracing.trace_id()
    assert first != second
    assert re.fullmatch("[0-9a-f]{32}", first)


def test_the_settings_name_who_keeps_it(settings) -> None:
    settings.TRACE_SOURCE = f"{__name__}.kept"
    assert tracing.trace_id() == "ab" * 16


def test_the_project_keeps_that_of_the_request_or_task() -> None:
    token = carried.set(kept())
    try:
        assert tracing.trace_id() == kept()
    finally:
        carried.reset(token)


def kept() -> str:
    """Stand for what knows."""
    return "ab" * 16
