"""The newest report on a database's indexes, at the bottom of the page of queries."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from perfmon.indexes import wording
from perfmon.indexes.reports import newest_report
from perfmon.indexes.rules import Kind
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.query_table import QueryTable

MAX_FINDINGS = 8


class IndexesPanel(Panel):
    """What the report found, shortened; the whole is a click away."""

    name = "indexes"
    pages = ("queries",)
    template = "perfmon/panels/indexes.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``findings`` of the newest report on the page's database, its ``notes``, ``made`` and address."""
        table = QueryTable.read(query.key) or QueryTable()
        report = newest_report(table.alias)
        if report is None:
            return {"known": False}
        content = report.content
        found = content["findings"]
        return {
            "known": True,
            "made": content["made_at"],
            "url": reverse("perfmon:index_report", args=[report.pk]),
            "counted": wording.counted(content),
            "notes": [{"key": one["code"], "text": wording.note(one)} for one in content["notes"]],
            "kinds": [
                {"name": title, "text": f"{count}", "size": size} for title, count, size in wording.summary(content)
            ],
            "findings": [_finding(one) for one in found[:MAX_FINDINGS]],
            "more": _more(len(found) - MAX_FINDINGS),
        }


def _finding(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": f"{one['kind']} {one['name']}",
        "title": str(wording.TITLES[Kind(one["kind"])]),
        "text": wording.sentence(one),
        "figures": wording.figures(one),
        "sql": one["sql"][0] if one["sql"] else "",
    }


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return ngettext("%(count)d more in the whole report.", "%(count)d more in the whole report.", count) % {
        "count": count
    }
