"""Hosts: CPU, memory, disk, network and load of each; now, on average and at most over the range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from perfmon.conf import get_budgets
from perfmon.exceptions import StoreUnavailable
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.sparks import spark
from perfmon.series import Window

MAX_HOSTS = 24


def _percent(value: float | None) -> formats.Figure:
    return formats.percent(None if value is None else value / 1000)


def _load(value: float | None) -> formats.Figure:
    return formats.plain(None if value is None else value / 1000)


def _rate(value: float | None) -> formats.Figure:
    return formats.size(value, "/s")


GAUGES: tuple[tuple[str, Any, Callable[[float | None], formats.Figure]], ...] = (
    ("cpu", gettext_lazy("CPU"), _percent),
    ("memory", gettext_lazy("Memory"), _percent),
    ("memory_used", gettext_lazy("Memory used"), formats.size),
    ("disk", gettext_lazy("Disk"), _percent),
    ("net_in", gettext_lazy("Received"), _rate),
    ("net_out", gettext_lazy("Sent"), _rate),
    ("load1", gettext_lazy("Load, 1 min"), _load),
)
LIMITS = {"cpu": "alert_cpu_pct", "memory": "alert_memory_pct"}


class HostsPanel(Panel):
    """One table a host."""

    name = "hosts"
    pages = ("hosts",)
    template = "perfmon/panels/hosts.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``hosts`` with their ``gauges``; raises StoreUnavailable."""
        over = readings.totals(query, "host")
        names = host_names(over)
        shown = names[:MAX_HOSTS]
        now, processes = _now(query, "host"), _now(query, "process")
        keys = [f"{name}/{gauge}" for name in shown for gauge, _label, _say in GAUGES]
        history = readings.timeline(query, "host", *keys) if keys else {}
        hosts = [
            {
                "name": name,
                "processes": _processes(name, processes),
                "gauges": [
                    _gauge(gauge, label, say, (over.get(f"{name}/{gauge}"), now.get(f"{name}/{gauge}")))
                    | {"spark": spark(readings.each(history[f"{name}/{gauge}"], lambda window: window.mean))}
                    for gauge, label, say in GAUGES
                ],
            }
            for name in shown
        ]
        return {"hosts": hosts, "left_off": len(names) - len(shown)}

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add a host without figures, from which the browser makes one that appears later."""
        return {"blank": {"gauges": []}}


def host_names(windows: dict[str, Window]) -> list[str]:
    """Return the hosts that have readings, without the totals."""
    return sorted({key.partition("/")[0] for key in windows} - {"*"})


def _now(query: PageQuery, kind: str) -> dict[str, Window]:
    try:
        return readings.latest(query, kind)
    except StoreUnavailable:
        return {}


def _gauge(
    name: str, label: Any, say: Callable[[float | None], formats.Figure], windows: tuple[Window | None, Window | None]
) -> dict[str, Any]:
    over, now = windows
    current = None if now is None else now.mean
    limit = getattr(get_budgets(), LIMITS[name]) * 1000 if name in LIMITS else None
    return {
        "name": name,
        "label": str(label),
        "now": formats.phrase(say(current)),
        "mean": formats.phrase(say(None if over is None else over.mean)),
        "peak": formats.phrase(say(None if over is None else float(over.max))),
        "over": limit is not None and current is not None and current > limit,
    }


def _processes(host: str, windows: dict[str, Window]) -> str:
    resident = [window.mean or 0.0 for key, window in windows.items() if key.partition("/")[0] == host]
    if not resident:
        return _("no process reports now")
    text = _("1 process, %(size)s resident") if len(resident) == 1 else _("%(count)d processes, %(size)s resident")
    return text % {"count": len(resident), "size": formats.phrase(formats.size(sum(resident)))}
