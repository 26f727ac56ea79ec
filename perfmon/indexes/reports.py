"""The report on a database's indexes: made now, kept for the dashboard, thrown away after two years.

Nothing here needs a scheduler: a project calls ``reports_make_monthly`` from its own, or runs the command from cron.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connections, router

from perfmon import guard
from perfmon.context import muted
from perfmon.databases.sessions import is_postgresql
from perfmon.databases.shortening import shortened
from perfmon.databases.statements import read_statements
from perfmon.indexes import postgres, rules, sqlite
from perfmon.indexes.catalogue import Catalogue
from perfmon.indexes.postgres import IsReplicaError
from perfmon.indexes.rules import Finding, Kind
from perfmon.models import IndexReport

MIN_DAYS = 30  # statistics younger than this say nothing about what is not used: month's end comes once a month
KEEP_DAYS = 731
STATEMENTS_SHOWN = 3


def report_make(*, alias: str, now: datetime, min_days: int = MIN_DAYS) -> dict[str, Any]:
    """Return the report as JSON-able values; raises IsReplicaError, and django.db.Error when it can't be reached.

    ``notes`` say what was not judged and why, each with a ``code``.
    """
    notes: list[dict[str, Any]] = []
    if is_postgresql(alias):
        catalogue, away = postgres.read_catalogue(alias)
        notes += [{"code": "replica_away", "alias": other} for other in away]
    elif connections[alias].vendor == "sqlite":
        catalogue = sqlite.read_catalogue(alias)
        notes.append({"code": "no_statistics"})
    else:
        catalogue = Catalogue((), ())
        notes.append({"code": "unknown_vendor"})
    found = [*rules.invalid(catalogue), *rules.bare_foreign_keys(catalogue), *rules.duplicates(catalogue)]
    found += _scanned(alias, catalogue)
    found += _unused(catalogue, now, min_days, notes)
    order = list(Kind)
    return {
        "alias": alias,
        "vendor": connections[alias].display_name,
        "made_at": now.isoformat(timespec="seconds"),
        "since": catalogue.since.isoformat(timespec="seconds") if catalogue.since else None,
        "days": _days(catalogue, now),
        "replicas": sorted(catalogue.scans_elsewhere),
        "notes": notes,
        "findings": [_as_json(one) for one in sorted(found, key=lambda one: order.index(one.kind))],
    }


def report_store(report: dict[str, Any], *, now: datetime) -> IndexReport:
    """Keep a report, and remove those of more than ``KEEP_DAYS`` ago."""
    table = IndexReport.objects.using(router.db_for_write(IndexReport))
    kept: IndexReport = table.create(alias=report["alias"], made_at=now, content=report)
    table.filter(made_at__lt=now - timedelta(days=KEEP_DAYS)).delete()
    return kept


def newest_report(alias: str) -> IndexReport | None:
    """Return the newest report on a database; None when there is none."""
    found: IndexReport | None = IndexReport.objects.filter(alias=alias).order_by("-made_at", "-pk").first()
    return found


def reports_make_monthly(*, now: datetime) -> list[str]:
    """Make and keep a report on each database but replicas; returns their aliases. One that fails is counted."""
    made = []
    for alias in connections:
        with guard.guarded(f"index report of {alias}"), muted():
            try:
                report = report_make(alias=alias, now=now)
            except IsReplicaError:
                continue
            report_store(report, now=now)
            made.append(alias)
    return made


def _unused(catalogue: Catalogue, now: datetime, min_days: int, notes: list[dict[str, Any]]) -> list[Finding]:
    days = _days(catalogue, now)
    if days is None:
        return []
    if days < min_days:
        notes.append({"code": "young", "days": days, "min_days": min_days})
        return []
    found, small = rules.unused(catalogue)
    if small:
        notes.append({"code": "small", "count": small, "bytes": rules.LARGE_BYTES})
    return found


def _days(catalogue: Catalogue, now: datetime) -> int | None:
    return None if catalogue.since is None else max(0, (now - catalogue.since).days)


def _scanned(alias: str, catalogue: Catalogue) -> list[Finding]:
    """Add to the tables that are read whole the statements that read them, as far as the database tells."""
    found = rules.scanned(catalogue.tables)
    statements = read_statements(alias).statements if found else ()
    for one in found:
        bare = one.table.rpartition(".")[2].strip('"')
        reads = sorted((each for each in statements if bare in each.text), key=lambda each: -each.total_ms)
        one.evidence["statements"] = [shortened(each.text) for each in reads[:STATEMENTS_SHOWN]]
        one.sql.append(_which_statements(bare))
    return found


def _which_statements(table: str) -> str:
    """Return the SQL, shown and never run here, that lists the statements on a table."""
    named = table.replace("'", "''")
    return (
        "SELECT calls, mean_exec_time, query FROM pg_stat_statements "  # noqa: S608
        f"WHERE strpos(query, '{named}') > 0 ORDER BY total_exec_time DESC LIMIT 10;"
    )


def _as_json(one: Finding) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "table": one.table,
        "name": one.name,
        "declared": _declared(one.table, one.name),
        "evidence": one.evidence,
        "sql": one.sql,
    }


def _declared(table: str, index: str) -> str:
    """Say which model the table is of, and whether the index stands in its ``Meta.indexes``; empty for no model's."""
    bare_table, bare_index = (name.rpartition(".")[2].strip('"') for name in (table, index))
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == bare_table:  # noqa: SLF001
            named = any(one.name == bare_index for one in model._meta.indexes)  # noqa: SLF001
            return f"{model._meta.label}.Meta.indexes" if named else str(model._meta.label)  # noqa: SLF001
    return ""
