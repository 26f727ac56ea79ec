"""What perfmon itself costs the site, and what it lost."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from perfmon.exceptions import StoreUnavailable
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.series import NS_PER_MS, Window

MAX_FAILURES = 10


class CostPanel(Panel):
    """Time a request, time a flush, windows dropped, failures swallowed, and how full the buffer is."""

    name = "cost"
    pages = ("hosts",)
    template = "perfmon/panels/cost.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``rows`` of name, label, text and help, and ``failures``; raises StoreUnavailable."""
        windows = readings.totals(query, "self")
        rows = [
            ("record", _("Time added to a request"), _a_request(windows)),
            ("flush", _("Time a process spends sending, per second"), formats.phrase(_mean(windows, "flush"))),
            ("dropped", _("Windows and series dropped"), _sum(windows, "dropped/")),
            ("buffer", _("Fullest buffer"), formats.phrase(buffer_of(query))),
            ("failed", _("Own failures, counted and passed over"), _sum(windows, "failed/")),
        ]
        return {
            "rows": [{"name": name, "label": label, "text": text} for name, label, text in rows],
            "failures": _failures(windows),
        }


def cost_text(query: PageQuery) -> str:
    """The cost in one line: time a request, windows dropped, buffer used; empty when nothing was measured."""
    windows = readings.totals(query, "self")
    if not windows:
        return ""
    return _("%(time)s a request, %(dropped)s dropped, buffer %(buffer)s") % {
        "time": _a_request(windows),
        "dropped": _sum(windows, "dropped/"),
        "buffer": formats.phrase(buffer_of(query)),
    }


def buffer_of(query: PageQuery) -> formats.Figure:
    """How full the fullest process's buffer is now; nothing when no process has spoken lately."""
    try:
        window = readings.latest(query, "self").get("buffer")
    except StoreUnavailable:
        window = None
    return formats.percent(None if window is None else window.max / 1000)


def _mean(windows: dict[str, Window], key: str) -> formats.Figure:
    mean_ns = windows[key].mean if key in windows else None
    return formats.duration(None if mean_ns is None else mean_ns / NS_PER_MS)


def _a_request(windows: dict[str, Window]) -> str:
    return formats.phrase(_mean(windows, "record"))


def _sum(windows: dict[str, Window], prefix: str) -> str:
    return formats.phrase(formats.count(sum(window.count for key, window in windows.items() if key.startswith(prefix))))


def _failures(windows: dict[str, Window]) -> list[dict[str, str]]:
    failed = [(key, window.count) for key, window in windows.items() if key.startswith("failed/")]
    failed.sort(key=lambda pair: -pair[1])
    return [
        {"where": key.removeprefix("failed/"), "text": formats.phrase(formats.count(times))}
        for key, times in failed[:MAX_FAILURES]
    ]
