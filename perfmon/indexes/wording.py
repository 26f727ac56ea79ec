"""A report on indexes in words: a sentence a finding, and the whole as text for a terminal or a browser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from perfmon.indexes.rules import Kind
from perfmon.panels import formats

type_of_report = dict[str, Any]
type_of_finding = dict[str, Any]
TITLES = {
    Kind.INVALID: gettext_lazy("Invalid indexes"),
    Kind.FOREIGN_KEY: gettext_lazy("Foreign keys without an index"),
    Kind.SCANNED: gettext_lazy("Large tables that are read from end to end"),
    Kind.DUPLICATE: gettext_lazy("Indexes that another one makes needless"),
    Kind.UNUSED: gettext_lazy("Indexes that were never used"),
}


SENTENCES = {
    Kind.INVALID: gettext_lazy(
        "%(name)s on %(table)s: a build of it failed. Each write keeps it up to date, and no query uses it."
    ),
    Kind.FOREIGN_KEY: gettext_lazy(
        "%(table)s (%(columns)s) refers to %(refers_to)s, and no index begins with it: each delete there reads the "
        "whole table."
    ),
    Kind.SCANNED: gettext_lazy(
        "%(table)s was read from end to end %(sequential_scans)s times, %(rows_a_scan)s rows each, and by an index "
        "%(index_scans)s times."
    ),
    Kind.DUPLICATE: gettext_lazy(
        "%(name)s on %(table)s (%(columns)s): %(covered_by)s (%(covering_columns)s) serves the same queries."
    ),
    Kind.UNUSED: gettext_lazy("%(name)s on %(table)s (%(columns)s) was not used once."),
}


def sentence(finding: type_of_finding) -> str:
    """Say what was found."""
    evidence = finding["evidence"]
    shown = {name: _shown(value) for name, value in evidence.items()}
    return str(SENTENCES[Kind(finding["kind"])]) % {**shown, "name": finding["name"], "table": finding["table"]}


def figures(finding: type_of_finding) -> str:
    """Return the figures that give it weight, as far as the database tells them."""
    evidence = finding["evidence"]
    rows, scans = evidence.get("rows"), evidence.get("scans")
    parts = [
        _size(evidence.get("size_bytes")) if evidence.get("size_bytes") is not None else "",
        ngettext("%(count)s row", "%(count)s rows", rows) % {"count": _shown(rows)} if rows is not None else "",
        ngettext("%(count)s scan", "%(count)s scans", scans) % {"count": _shown(scans)} if scans is not None else "",
    ]
    return " · ".join(filter(None, parts))


def summary(report: type_of_report) -> list[tuple[str, int, str]]:
    """Return each kind's title, number of findings, and size of what could go (empty where that is not the point)."""
    lines = []
    for kind, findings in _by_kind(report):
        freed_bytes = 0
        if kind in (Kind.DUPLICATE, Kind.UNUSED):
            freed_bytes = sum(int(finding["evidence"].get("size_bytes") or 0) for finding in findings)
        lines.append((str(TITLES[kind]), len(findings), _size(freed_bytes) if freed_bytes else ""))
    return lines


def counted(report: type_of_report) -> str:
    """Say since when and where scans were counted; empty where the database doesn't count."""
    if report["since"] is None:
        return ""
    days = ngettext("%(count)d day", "%(count)d days", report["days"]) % {"count": report["days"]}
    return _("Scans count since %(since)s UTC (%(days)s), on %(databases)s.") % {
        "since": report["since"][:16].replace("T", " "),
        "days": days,
        "databases": ", ".join([report["alias"], *report["replicas"]]),
    }


def note(one: dict[str, Any]) -> str:
    """Say what was not judged, and why."""
    values = {**one, "size": _size(one.get("bytes"))}
    texts = {
        "replica_away": _("%(alias)s did not answer. If it is a replica, what it uses may be listed as never used."),
        "no_statistics": _(
            "SQLite counts neither scans nor rows, so which indexes are unused or missing can't be told. Foreign keys "
            "and duplicates can."
        ),
        "unknown_vendor": _("Indexes of this kind of database can't be judged."),
        "young": _(
            "The statistics are %(days)s days old. Unused indexes are judged from %(min_days)s days on, because some "
            "work is done once a month; --min-days sets another limit."
        ),
        "small": _(
            "Left out: %(count)s unused indexes below %(size)s, which cost little and may be unused for being small."
        ),
    }
    return texts[one["code"]] % values


def report_text(report: type_of_report) -> str:
    """Return the whole report as plain text."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: type_of_report) -> Iterator[str]:
    made = report["made_at"][:16].replace("T", " ")
    yield _("Indexes of %(alias)s (%(vendor)s), %(made)s UTC") % {**report, "made": made}
    yield from filter(None, (counted(report), *map(note, report["notes"])))
    yield ""
    if not report["findings"]:
        yield _("Nothing was found.")
    for kind, findings in _by_kind(report):
        yield f"{TITLES[kind]}: {len(findings)}"
        for finding in findings:
            yield f"  {sentence(finding)}"
            yield from (f"    {line}" for line in _details(finding))
        yield ""
    if report["findings"]:
        yield _("Nothing was changed. An index that a model declares is removed there, followed by makemigrations.")


def _details(finding: type_of_finding) -> Iterator[str]:
    if figures(finding):
        yield figures(finding)
    if finding["declared"]:
        yield _("declared by %(model)s") % {"model": finding["declared"]}
    for text in finding["evidence"].get("statements", ()):
        yield _("read by: %(statement)s") % {"statement": text}
    yield from finding["sql"]


def _by_kind(report: type_of_report) -> list[tuple[Kind, list[type_of_finding]]]:
    grouped = groupby(report["findings"], key=lambda finding: finding["kind"])
    return [(Kind(kind), list(findings)) for kind, findings in grouped]


def _size(value: int | None) -> str:
    return formats.phrase(formats.size(value))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return formats.phrase(formats.count(value)) if isinstance(value, int) else str(value)
