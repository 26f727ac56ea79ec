"""Charts on one time axis: what a page's set of them is made of, and what stands on its axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perfmon.panels import formats
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.drawing import draw, scale_top
from perfmon.panels.markers import markers_of

SIGNIFICANT = 3  # digits a chart can show
Values = Sequence[float | None]


class TimeCharts(Panel):
    """A page's charts; steps without any measurement are gaps. A page has one such panel, whatever its class."""

    name = "charts"
    template = "perfmon/panels/charts.html"

    def charts(self, query: PageQuery) -> list[dict[str, Any]]:
        """Return what ``make_chart`` makes, as many charts and series every time; raises StoreUnavailable."""
        raise NotImplementedError

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``start`` (Unix s), ``step_s``, ``points``, ``charts`` and ``markers``; raises StoreUnavailable."""
        return {
            "start": query.range.span(query.now)[0],
            "step_s": query.range.step_s,
            "points": query.range.points,
            "charts": self.charts(query),
            "markers": markers_of(*query.range.span(query.now)),
        }

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add the charts as the page draws them before the browser's library is there, and without it."""
        return {"drawn": [chart | draw(chart, data["start"], data["step_s"]) for chart in data["charts"]]}


def make_chart(
    name: str,
    title: str,
    unit: str,
    series: list[dict[str, Any]],
    *,
    targets: Sequence[tuple[float, str]] = (),
    form: str = "lines",
    log: bool = False,
    top: float | None = None,
) -> dict[str, Any]:
    """Return a chart of ``series`` in ``unit`` with its ``targets`` (value and label); ``form``: lines or bars."""
    columns = [one["values"] for one in series]
    limits = [value for value, _label in targets]
    return {
        "name": name,
        "title": title,
        "unit": unit,
        "form": form,
        "log": log,
        "top": top or scale_top(columns, limits, stacked=form == "bars"),
        "series": series,
        "targets": [{"value": value, "label": label} for value, label in targets],
    }


def make_series(color: str, label: str, values: Values) -> dict[str, Any]:
    """Return one line or stack of bars; ``color`` is the name of an ink of charts.css."""
    short = [None if value is None else formats.significant(value, SIGNIFICANT) for value in values]
    return {"color": color, "label": label, "values": short}
