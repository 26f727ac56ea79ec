"""A load test's charts on one time axis: what the client saw beside what the server says of the same requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.plans import OPEN
from perfmon.loadtest.profiles import Profile
from perfmon.loadtest.thresholds import Threshold, ThresholdError, parse
from perfmon.panels import formats
from perfmon.panels.curves import Curves
from perfmon.panels.timecharts import make_chart, make_series


@dataclass(frozen=True, slots=True)
class Spec:
    """One chart: its lines by column of ``Curves``, each with its ink and label."""

    name: str
    title: Any
    unit: str
    lines: tuple[tuple[str, str, Any], ...]
    log: bool = False
    top: float | None = None


LATENCY = Spec(
    "load_latency", gettext_lazy("Latency, p95"), "ms",
    (
        ("latency_p95", "series-a", gettext_lazy("as the client waits")),
        ("service_p95", "series-b", gettext_lazy("from sending")),
        ("server_p95", "series-c", gettext_lazy("in the server")),
        ("gap_p95", "series-d", gettext_lazy("gap")),
    ),
    log=True,
)  # fmt: skip
OPEN_RATE = Spec(
    "load_rate", gettext_lazy("Throughput"), "/s",
    (("rate", "series-a", gettext_lazy("answered")), ("target", "series-e", gettext_lazy("planned arrivals"))),
)  # fmt: skip
CLOSED_RATE = Spec("load_rate", gettext_lazy("Throughput"), "/s", (("rate", "series-a", gettext_lazy("answered")),))
ERRORS = Spec("load_errors", gettext_lazy("Errors"), "%", (("error_pct", "status-5xx", gettext_lazy("failed")),))
PROCESSORS = Spec(
    "load_cpu", gettext_lazy("Processors"), "%",
    (
        ("host_cpu", "series-a", gettext_lazy("host")),
        ("generator_cpu", "series-b", gettext_lazy("generator, of one core")),
    ),
    top=100,
)  # fmt: skip
OPEN_USERS = Spec(
    "load_users", gettext_lazy("Requests at work"), "", (("busy", "series-a", gettext_lazy("at once")),)
)  # fmt: skip
CLOSED_USERS = Spec(
    "load_users", gettext_lazy("Users"), "",
    (("busy", "series-a", gettext_lazy("at work")), ("target", "series-e", gettext_lazy("planned"))),
)  # fmt: skip
#: What the overview shows of any run, whatever its model: what was planned, arrivals or users, stands on the run's
#: own page.
OVERLAY = (LATENCY, CLOSED_RATE, ERRORS, PROCESSORS)


def specs_of(run: LoadRun) -> tuple[Spec, ...]:
    """Return the charts of a run's page, which depend on its model alone."""
    if run.model == OPEN:
        return (LATENCY, OPEN_RATE, ERRORS, OPEN_USERS, PROCESSORS)
    return (LATENCY, CLOSED_RATE, ERRORS, CLOSED_USERS, PROCESSORS)


def charts_of(specs: Sequence[Spec], curves: Curves | None, run: LoadRun | None) -> list[dict[str, Any]]:
    """Return the charts with their values and the limits of the whole run; without a run their empty frames."""
    limits = _limits(run) if run is not None else {}
    return [_chart(spec, curves, limits.get(spec.name, [])) for spec in specs]


def _chart(spec: Spec, curves: Curves | None, limits: list[tuple[float, str]]) -> dict[str, Any]:
    series = [
        make_series(ink, str(label), curves.columns[column] if curves is not None else [])
        for column, ink, label in spec.lines
    ]
    title = str(spec.title)
    return make_chart(spec.name, title, spec.unit, series, targets=limits, log=spec.log, top=spec.top)


def _limits(run: LoadRun) -> dict[str, list[tuple[float, str]]]:
    """Return the thresholds that can be drawn, by chart: those of p95 and of errors that name no action."""
    found: dict[str, list[tuple[float, str]]] = {}
    for line in Profile.from_json(run.profile).thresholds:
        limit = _read(line)
        if limit is None or limit.action:
            continue
        if limit.figure == "p95":
            label = _("limit %(limit)s") % {"limit": formats.target(formats.duration(limit.limit))}
            found.setdefault(LATENCY.name, []).append((limit.limit, label))
        elif limit.figure == "errors":
            label = _("limit %(limit)s") % {"limit": formats.target(formats.percent(limit.limit))}
            found.setdefault(ERRORS.name, []).append((limit.limit, label))
    return found


def _read(line: str) -> Threshold | None:
    try:
        return parse(line)
    except ThresholdError:  # a row of another release
        return None
