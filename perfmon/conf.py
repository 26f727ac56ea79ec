"""perfmon's settings: every key with its default and help, read only through ``get_config`` and ``get_budgets``.

A project writes ``PERFMON = {"VALKEY_URL": ..., ...}`` and ``PERF_BUDGETS = {"p95_ms": 800}``. An unknown key or a
value of the wrong type raises ImproperlyConfigured with the key's name and the fix.
"""

from __future__ import annotations

import difflib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from perfmon.budgets import Budgets

RECORDERS = (
    "perfmon.recorders.requests.RequestRecorder",
    "perfmon.recorders.queries.QueryRecorder",
    "perfmon.recorders.cache.CacheRecorder",
    "perfmon.recorders.cache_servers.CacheServerRecorder",
    "perfmon.recorders.pools.PoolRecorder",
    "perfmon.recorders.sockets.SocketRecorder",
    "perfmon.recorders.tasks.TaskRecorder",
    "perfmon.recorders.queues.QueueRecorder",
    "perfmon.recorders.outgoing.OutgoingRecorder",
    "perfmon.recorders.host.HostRecorder",
)
PANELS = (
    "perfmon.panels.overview.AttentionPanel",
    "perfmon.panels.loadtests.OverlayPanel",
    "perfmon.panels.overview.FiguresPanel",
    "perfmon.panels.requests.EndpointPanel",
    "perfmon.panels.charts.ChartsPanel",
    "perfmon.panels.requests.EndpointsPanel",
    "perfmon.panels.queries.StatementsPanel",
    "perfmon.panels.indexes.IndexesPanel",
    "perfmon.panels.caches.CachesPanel",
    "perfmon.panels.datacharts.DataChartsPanel",
    "perfmon.panels.caches.CacheGroupsPanel",
    "perfmon.panels.databases.DatabasesPanel",
    "perfmon.panels.tasks.TaskFiguresPanel",
    "perfmon.panels.tasks.TaskChartsPanel",
    "perfmon.panels.tasks.QueuesPanel",
    "perfmon.panels.tasks.TasksPanel",
    "perfmon.panels.outgoing.OutgoingFiguresPanel",
    "perfmon.panels.outgoing.OutgoingChartsPanel",
    "perfmon.panels.providers.ProvidersPanel",
    "perfmon.panels.outgoing.CallsPanel",
    "perfmon.panels.hosts.HostsPanel",
    "perfmon.panels.loadtests.LoadTestsPanel",
    "perfmon.panels.loadtest.LoadTestPanel",
    "perfmon.panels.loadtest.LoadChartsPanel",
    "perfmon.panels.loadactions.LoadActionsPanel",
    "perfmon.panels.comparison.GatePanel",
    "perfmon.panels.loadtest.LoadFactsPanel",
    "perfmon.panels.comparison.ComparisonPanel",
    "perfmon.panels.alerts.AlertsPanel",
    "perfmon.panels.cost.CostPanel",
)


def _setting(default: Any, help: str) -> Any:
    if isinstance(default, (tuple, dict)):
        return field(default_factory=lambda: default, metadata={"help": help})
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class Config:
    """The keys of ``settings.PERFMON`` in upper case; ``help`` of each stands in the field's metadata."""

    enabled: bool = _setting(True, "Record and show anything at all.")
    valkey_url: str = _setting("", "Valkey or Redis for windows, fine store and frames. Empty: all in this process.")
    prefix: str = _setting("perfmon", "First part of every key and channel in Valkey.")
    host_name: str = _setting("", "Name of this host in charts. Empty: the machine's own.")
    release: str = _setting("", "Version or commit that is running, shown on the status line.")
    recorders: tuple[str, ...] = _setting(RECORDERS, "Dotted paths of the recorders to run.")
    panels: tuple[str, ...] = _setting(PANELS, "Dotted paths of the dashboard's panels.")
    extra_recorders: tuple[str, ...] = _setting((), "Recorders of the project's own, run after those of RECORDERS.")
    extra_panels: tuple[str, ...] = _setting((), "Panels of the project's own, shown after those of PANELS.")
    health_parts: tuple[str, ...] = _setting((), "Dotted paths of functions that return further parts for /health.")
    attention: tuple[str, ...] = _setting((), "Dotted paths of functions that return further lines on what needs it.")
    patient_queues: tuple[str, ...] = _setting((), "Queues of tasks whose waits are not judged.")
    ignore_paths: tuple[str, ...] = _setting((), "Path prefixes left out, besides perfmon's own and static files.")
    server_timing: bool = _setting(False, "Tell each answer's own duration in a Server-Timing header.")
    max_series: int = _setting(1000, "Series one process may have in one second; more are counted as (other).")
    max_endpoints: int = _setting(200, "Routes kept apart in one second; more share the series (other).")
    buffer_windows: int = _setting(120, "Seconds of windows kept while the transport is away; older ones are dropped.")
    late_limit_s: int = _setting(300, "How late a window may come and still be merged into its second.")
    host_interval_s: int = _setting(5, "Seconds between two host readings.")
    lease_s: int = _setting(3, "Seconds a collector's lease lives without renewal.")
    ingest_max_bytes: int = _setting(262_144, "Largest body POST /api/metrics takes.")
    ingest_max_items: int = _setting(500, "Most metrics one POST /api/metrics may carry.")
    ingest_rate_per_min: int = _setting(600, "POST /api/metrics calls a token may make in a minute.")
    loadtest_scenario: str = _setting(
        "perfmon.loadtest.pages.PagesScenario", "Dotted path of what users do in a load test."
    )
    loadtest_hosts: tuple[str, ...] = _setting(
        (), "Further addresses load tests started in the browser may be sent to."
    )
    loadtest_host: str = _setting("http://127.0.0.1:8000", "Address load tests are sent to.")
    perftest_server: tuple[str, ...] = _setting(
        (), "Words of the command that serves a performance test, with {python} and {port}. None: uvicorn."
    )
    perftest_environment: tuple[str, ...] = _setting(
        (), "What that server's environment has besides, each as NAME=value."
    )
    local_collector: bool = _setting(True, "Without Valkey, collect in a thread of this process.")

    @property
    def all_recorders(self) -> tuple[str, ...]:
        """Every recorder to run; one that is named twice runs once."""
        return tuple(dict.fromkeys(self.recorders + self.extra_recorders))

    @property
    def all_panels(self) -> tuple[str, ...]:
        """Every panel in its order on the pages; one that is named twice is shown once."""
        return tuple(dict.fromkeys(self.panels + self.extra_panels))

    @property
    def host(self) -> str:
        """The host's name as it stands in series keys."""
        return (self.host_name or socket.gethostname()).replace("/", "-")[:64]


def _typed(owner: str, cls: type, given: Any) -> Any:
    """Build the dataclass from a dict of settings, or say which key is wrong and how to mend it."""
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f"{owner} must be a dict of settings, not {type(given).__name__}.")
    known = {f.name.upper() if cls is Config else f.name: f for f in fields(cls)}
    values = {}
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}."
            raise ImproperlyConfigured(f"{owner}[{key!r}] is not a setting; {hint}")
        values[known[key].name] = _checked(f"{owner}[{key!r}]", value, known[key].type)
    return cls(**values)


def _checked(name: str, value: Any, kind: Any) -> Any:
    if kind == "tuple[str, ...]":
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise ImproperlyConfigured(f"{name} must be a list of strings, not {value!r}.")
        return tuple(value)
    wanted: tuple[type, ...] = {"bool": (bool,), "int": (int,), "float": (int, float), "str": (str,)}[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise ImproperlyConfigured(f"{name} must be of type {kind}, not {value!r}.")
    if isinstance(value, (int, float)) and value < 0:
        raise ImproperlyConfigured(f"{name} must not be negative, got {value!r}.")
    return value


@lru_cache(maxsize=1)
def get_config() -> Config:
    """Return perfmon's settings; raises ImproperlyConfigured with the key and the fix."""
    return _typed("PERFMON", Config, getattr(settings, "PERFMON", {}))  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def get_budgets() -> Budgets:
    """Return the table of budgets; raises ImproperlyConfigured with the key and the fix."""
    return _typed("PERF_BUDGETS", Budgets, getattr(settings, "PERF_BUDGETS", {}))  # type: ignore[no-any-return]


_dependents: list[Callable[[], object]] = []


def on_change(*clear: Callable[[], object]) -> None:
    """Register what must be forgotten when the settings change (only tests change them in a running process)."""
    _dependents.extend(clear)


def _reset(*, setting: str, **_: Any) -> None:
    if setting in ("PERFMON", "PERF_BUDGETS"):
        for clear in (get_config.cache_clear, get_budgets.cache_clear, *_dependents):
            clear()


setting_changed.connect(_reset, dispatch_uid="perfmon.conf")
