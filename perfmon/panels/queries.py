"""The statements a database spent its time on: the table, or why there is none and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connections
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from perfmon.databases.remembered import Remembered
from perfmon.databases.shortening import is_own, shortened
from perfmon.databases.statements import TIMEOUT_MS, State, Statement, Statements, read_statements
from perfmon.panels import formats
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.query_table import COLUMNS, QueryTable

MAX_ROWS = 25

remembered = Remembered(read_statements)


class StatementsPanel(Panel):
    """The statements of one database since its statistics were last reset."""

    name = "statements"
    pages = ("queries",)
    template = "perfmon/panels/statements.html"
    steady = False  # it is held elsewhere, and what is still being read must not be

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``rows`` and what they are of, or ``why`` there are none with the ``steps`` that change it."""
        table = QueryTable.read(query.key) or QueryTable()
        read = remembered.newest(table.alias)
        shown = table.rows(read.statements, MAX_ROWS) if read else []
        found = read is not None and read.state is State.OK
        return {
            "alias": table.alias,
            "known": found,
            "why": "" if found else _why(read, table.alias),
            "steps": [] if found or read is None else _steps(read),
            "since": read.since.isoformat(timespec="seconds") if read and read.since else "",
            "scope": _scope(read) if read and found else "",
            "rows": [_row(one, read.total_ms) for one in shown] if read else [],
            "nothing": _nothing(table, shown) if found else "",
        }

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add the links that choose another database or order."""
        table = QueryTable.read(query.key) or QueryTable()
        labels = {name: str(label) for name, label, _sort in COLUMNS}
        return {
            "table": table,
            "range": query.range.name,
            "databases": table.databases(query.range.name),
            "headers": table.headers(query.range.name),
            "labels": labels,
            "blank": {"labels": labels},
        }


def _row(one: Statement, everything_ms: float) -> dict[str, Any]:
    share_pct = 100 * one.total_ms / everything_ms if everything_ms else 0.0
    return {
        "id": str(one.id),
        "text": shortened(one.text),
        "own": is_own(one.text),
        "part": round(share_pct, 2),
        "share": formats.phrase(formats.percent(share_pct)),
        "total": formats.phrase(formats.duration(one.total_ms)),
        "mean": formats.phrase(formats.duration(one.mean_ms)),
        "max": formats.phrase(formats.duration(one.max_ms)),
        "calls": formats.phrase(formats.count(one.calls)),
        "rows": formats.phrase(formats.count(one.rows)),
        "read": formats.phrase(formats.size(one.read_bytes)),
        "hit": formats.phrase(formats.percent(one.hit_pct)),
    }


def _scope(read: Statements) -> str:
    """One line: how many statements, how much time, whose, and what perfmon's own come to."""
    line = ngettext("%(count)s statement", "%(count)s statements", read.count)
    parts = [
        line % {"count": formats.phrase(formats.count(read.count))},
        _("%(time)s together") % {"time": formats.phrase(formats.duration(read.total_ms))},
    ]
    own_ms = sum(one.total_ms for one in read.statements if is_own(one.text))
    if read.total_ms:
        own = formats.phrase(formats.percent(100 * own_ms / read.total_ms))
        parts.append(_("%(share)s of it perfmon's own") % {"share": own})
    if read.role:
        parts.append(_("those of the role %(role)s only") % {"role": read.role})
    parts.append(_("a replica: reads only") if read.is_replica else _("a primary"))
    return " · ".join(parts)


def _nothing(table: QueryTable, shown: list[Statement]) -> str:
    if shown:
        return ""
    if table.text:
        return _("None of the statements that are listed here contains this text.")
    return _("No statement has been counted yet. Open a page of the site and it shows up here within ten seconds.")


def _why(read: Statements | None, alias: str) -> str:
    if read is None:
        return _("The statistics are being read; they show up here in a moment.")
    values = {"alias": alias, "vendor": connections[alias].display_name, "seconds": TIMEOUT_MS // 1000}
    texts = {
        State.OTHER_VENDOR: _(
            "The database %(alias)s is %(vendor)s, which keeps no statistics of its statements. An endpoint's page "
            "shows how much of its time goes into the database; with PostgreSQL this page lists the statements."
        ),
        State.NOT_CREATED: _("The database %(alias)s lacks the extension pg_stat_statements. Two steps add it:"),
        State.NOT_LOADED: _(
            "The database %(alias)s has the extension pg_stat_statements, but its server was started without it. "
            "The first of the two steps is missing there:"
        ),
        State.DENIED: _("This site's role may not read pg_stat_statements in %(alias)s. A superuser lets it:"),
        State.SLOW: _("The database %(alias)s did not answer within %(seconds)s s. It is asked again in ten seconds."),
        State.AWAY: _("The database %(alias)s can't be reached. It is asked again in ten seconds."),
    }
    return texts[read.state] % values


def _steps(read: Statements) -> list[dict[str, str]]:
    load = {
        "name": "load",
        "text": _("Have the server load it, as a superuser, and restart the server:"),
        "code": "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';",
    }
    create = {
        "name": "create",
        "text": _("Then create it in this database, on the primary:"),
        "code": "CREATE EXTENSION pg_stat_statements;",
    }
    grant = {
        "name": "grant",
        "text": _("Run in this database:"),
        "code": f"GRANT SELECT ON pg_stat_statements, pg_stat_statements_info TO {_quoted(read.role)};",
    }
    return {State.NOT_CREATED: [load, create], State.NOT_LOADED: [load], State.DENIED: [grant]}.get(read.state, [])


def _quoted(role: str) -> str:
    return '"{}"'.format(role.replace('"', '""')) if role else "CURRENT_USER"
