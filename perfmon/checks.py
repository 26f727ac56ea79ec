"""System checks: a mistake in the settings is named with its fix before the first request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from perfmon.conf import get_budgets, get_config

PLUGINS = ("RECORDERS", "EXTRA_RECORDERS", "PANELS", "EXTRA_PANELS", "ATTENTION")
MIDDLEWARE = "perfmon.middleware.PerfmonMiddleware"


@register("perfmon")
def check_settings(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """E001 and E002: ``PERFMON`` and ``PERF_BUDGETS`` hold known keys with values of the right type."""
    return [
        *_readable(get_config, "perfmon.E001", "Correct PERFMON in the settings; docs/settings.md lists its keys."),
        *_readable(
            get_budgets, "perfmon.E002", "Correct PERF_BUDGETS in the settings; a key left out keeps its default."
        ),
    ]


@register("perfmon")
def check_plugins(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """E003: every recorder, panel and function of further lines can be imported."""
    try:
        config = get_config()
    except ImproperlyConfigured:
        return []  # E001 says so
    listed = {name: getattr(config, name.lower()) for name in PLUGINS}
    return [error for name, paths in listed.items() for path in paths for error in _importable(name, path)]


@register("perfmon")
def check_budgets(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """E004: the limits of the alerts are in an order that can work."""
    try:
        budgets = get_budgets()
    except ImproperlyConfigured:
        return []  # E002 says so
    found: list[CheckMessage] = []
    if budgets.alert_error_warning_pct > budgets.alert_error_critical_pct:
        found.append(_budget_error("alert_error_warning_pct is above alert_error_critical_pct.", "Lower the first."))
    if budgets.alert_clear_margin_pct >= 100:
        found.append(_budget_error("alert_clear_margin_pct is 100 or more.", "With it no alert could clear; use 10."))
    if budgets.alert_window_s < 1:
        found.append(_budget_error("alert_window_s is below 1.", "Alerts look back that many seconds; use 60."))
    if budgets.provider_first_token_ms > budgets.provider_total_ms:
        found.append(_budget_error("provider_first_token_ms is above provider_total_ms.", "Lower the first."))
    return found


@register("perfmon")
def check_middleware(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """W001 and W002: the middleware is there, and first."""
    middleware = list(getattr(settings, "MIDDLEWARE", None) or [])
    if MIDDLEWARE not in middleware:
        hint = f"Add '{MIDDLEWARE}' as the first entry of MIDDLEWARE."
        return [CheckWarning("perfmon's middleware is missing: no request is measured.", hint=hint, id="perfmon.W001")]
    if middleware[0] != MIDDLEWARE:
        hint = f"Move '{MIDDLEWARE}' to the top of MIDDLEWARE."
        message = f"perfmon's middleware is not first: the time of {middleware[0]} is not measured."
        return [CheckWarning(message, hint=hint, id="perfmon.W002")]
    return []


def _readable(read: Callable[[], object], code: str, hint: str) -> list[CheckMessage]:
    try:
        read()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint=hint, id=code)]
    return []


def _importable(key: str, path: str) -> list[CheckMessage]:
    try:
        import_string(path)
    except ImportError as error:
        what = "function" if key == "ATTENTION" else "class"
        hint = f"Correct PERFMON['{key}']: each entry is the dotted path of a {what}."
        return [Error(f"{path} can't be imported: {error}", hint=hint, id="perfmon.E003")]
    return []


def _budget_error(message: str, hint: str) -> CheckMessage:
    return Error(f"PERF_BUDGETS: {message}", hint=hint, id="perfmon.E004")
