"""A project adds lines of its own to what needs attention."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from perfmon import guard
from perfmon.checks import check_plugins
from perfmon.panels import topics
from perfmon.panels.attention import MAX_NOTICES, Notice
from perfmon.panels.base import PageQuery
from tests.perfmon.panels.seeding import NOW

pytestmark = pytest.mark.django_db
SINCE = datetime(2027, 1, 15, 8, tzinfo=UTC)


def told(query: PageQuery) -> Iterable[Notice]:
    """Say one thing."""
    yield Notice("warning", "warning", f"The mill stands still ({query.range.name}).", "/mill", SINCE)


def broken(query: PageQuery) -> Iterable[Notice]:
    """Fail in the middle."""
    yield Notice("warning", "warning", "Never seen.")
    raise RuntimeError("as it should")


def talkative(query: PageQuery) -> Iterable[Notice]:
    """Say too much."""
    return [Notice("unknown", "no data", f"{number}") for number in range(100)]


def notices(settings, *names: str):
    settings.PERFMON = {**settings.PERFMON, "ATTENTION": [f"{__name__}.{name}" for name in names]}
    return topics.payload("overview/5m", NOW)["panels"]["attention"]["notices"]


def test_a_line_of_the_project_is_shown_with_its_link_and_since_when(settings):
    assert notices(settings, "told") == [
        {
            "level": "warning",
            "word": "warning",
            "text": "The mill stands still (5m).",
            "url": "/mill",
            "since": "2027-01-15T08:00:00+00:00",
        }
    ]


def test_one_that_fails_is_counted_and_the_others_are_shown(settings):
    guard.failures.clear()
    assert len(notices(settings, "broken", "told")) == 1
    assert guard.failures[f"attention {__name__}.broken"] == 1


def test_one_that_says_too_much_is_cut_short(settings):
    assert len(notices(settings, "talkative")) == MAX_NOTICES


def test_one_that_can_not_be_imported_is_an_error_of_the_checks(settings):
    settings.PERFMON = {"ATTENTION": ["nowhere.told"]}
    (error,) = check_plugins(None)
    assert (error.id, "of a function" in (error.hint or "")) == ("perfmon.E003", True)
