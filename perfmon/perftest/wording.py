"""Findings and figures in words, in the reader's language: what the terminal shows and what JUnit carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from perfmon.panels import formats
from perfmon.perftest import memory, response_times, volleys
from perfmon.perftest.cases import BROKEN, FAILED, PASSED, Case, Finding

SENTENCES = {
    "p95": _("p95 %(measured)s, limit %(limit)s"),
    "failed": _("%(measured)s requests failed, limit %(limit)s"),
    "success": _("%(measured)s of the requests succeeded, more than %(limit)s must"),
    "growth": _("memory grows by %(measured)s a request at least, limit %(limit)s"),
    "total growth": _("memory grew by %(measured)s in 1,000 requests, limit %(limit)s"),
}
VERDICTS = {PASSED: _("passed"), FAILED: _("FAILED"), BROKEN: _("NOT JUDGED")}
Column = tuple[Any, Callable[[Case], str]]


def signed_size(value: float | None) -> str:
    """Return bytes as people read them; memory also shrinks."""
    if value is None:
        return formats.NOTHING
    return ("−" if round(value) < 0 else "") + formats.phrase(formats.size(abs(value)))


_BY_UNIT: dict[str, Callable[[float | None], str]] = {
    "ms": lambda value: formats.phrase(formats.duration(value)),
    "%": lambda value: formats.phrase(formats.percent(value)),
    "B": signed_size,
    "requests": lambda value: formats.phrase(formats.count(value)),
}


def finding_text(finding: Finding) -> str:
    """Say what was measured and what the limit is."""
    text = _BY_UNIT[finding.unit]
    return str(SENTENCES[finding.name]) % {"measured": text(finding.measured), "limit": text(finding.limit)}


def failures_text(case: Case) -> str:
    """Say which requests failed, the most frequent first; empty when none did."""
    if not case.failures:
        return ""
    ordered = sorted(case.failures.items(), key=lambda item: (-item[1], item[0]))
    return str(_("failed: %(list)s")) % {"list": ", ".join(f"{word} × {count}" for word, count in ordered)}


def shortcomings_of(case: Case) -> list[str]:
    """Say why it has not passed, and which requests failed."""
    missed = [finding_text(finding) for finding in case.findings if not finding.passed]
    return [text for text in (case.broken, *missed, failures_text(case)) if text]


def figures_text(case: Case) -> str:
    """Return the figures of a case in one line, those of its table."""
    return ", ".join(f"{title} {cell}" for title, cell in zip(*cells(case), strict=True))


def cells(case: Case) -> tuple[list[str], list[str]]:
    """Return the titles and the texts of a case's line in its table; dashes where nothing was measured."""
    columns = COLUMNS[case.check]
    return [str(title) for title, _text in columns], [text(case) for _title, text in columns]


def _time(name: str) -> Callable[[Case], str]:
    return lambda case: formats.phrase(formats.duration(case.figures.get(name)))


def _bytes(name: str) -> Callable[[Case], str]:
    return lambda case: signed_size(case.figures.get(name))


def _sizes(name: str, between: str) -> Callable[[Case], str]:
    return lambda case: between.join(map(signed_size, case.figures.get(name, ()))) or formats.NOTHING


def _number(name: str) -> Callable[[Case], str]:
    return lambda case: f"{case.figures[name]:,}" if name in case.figures else formats.NOTHING


def _share(name: str) -> Callable[[Case], str]:
    return lambda case: formats.phrase(formats.percent(case.figures.get(name)))


_TIMES: tuple[Column, ...] = tuple((name, _time(name)) for name in ("p50", "p95", "p99"))
_WORST: Column = (_("worst"), _time("worst"))
COLUMNS: dict[str, tuple[Column, ...]] = {
    response_times.CHECK: (*_TIMES, _WORST, (_("failed"), _number("failed"))),
    volleys.CHECK: (
        *_TIMES,
        _WORST,
        (_("success"), _share("success_pct")),
        (_("sent within"), _time("sent_within_ms")),
    ),
    memory.CHECK: (
        (_("requests"), _number("requests")),
        (_("a request"), _bytes("steady_bytes")),
        (_("95% band"), _sizes("band_bytes", " … ")),
        (_("by thirds"), _sizes("parts_bytes", ", ")),
        (_("with jumps"), _bytes("overall_bytes")),
        (_("when warm"), _bytes("warm_bytes")),
        (_("at the end"), _bytes("end_bytes")),
    ),
}
