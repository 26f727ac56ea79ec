"""Settings: defaults, overrides, and mistakes named with their fix."""

from __future__ import annotations

import socket
from dataclasses import fields
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from perfmon.budgets import Budgets
from perfmon.conf import PANELS, RECORDERS, Config, get_budgets, get_config, on_change

SETTINGS_PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_a_project_that_sets_nothing_gets_the_defaults(settings):
    settings.PERFMON = settings.PERF_BUDGETS = {}
    assert get_config() == Config()
    assert get_budgets() == Budgets()
    assert (get_config().recorders, get_config().panels) == (RECORDERS, PANELS)


def test_keys_are_written_in_upper_case_and_lists_are_taken(settings):
    settings.PERFMON = {"HOST_INTERVAL_S": 9, "IGNORE_PATHS": ["/ping", "/up"], "SERVER_TIMING": True}
    config = get_config()
    assert (config.host_interval_s, config.ignore_paths, config.server_timing) == (9, ("/ping", "/up"), True)


def test_an_unknown_key_is_named_with_the_one_that_was_meant(settings):
    settings.PERFMON = {"VALKY_URL": "redis://localhost"}
    with pytest.raises(ImproperlyConfigured, match=r"PERFMON\['VALKY_URL'\].*did you mean 'VALKEY_URL'"):
        get_config()


def test_an_unknown_key_like_no_other_is_answered_with_the_known_ones(settings):
    settings.PERFMON = {"XYZZY": 1}
    with pytest.raises(ImproperlyConfigured, match=r"PERFMON\['XYZZY'\].*known keys: .*BUFFER_WINDOWS.*VALKEY_URL"):
        get_config()


def test_a_projects_own_come_after_perfmons_and_none_runs_twice(settings):
    settings.PERFMON = {"EXTRA_RECORDERS": ["shop.Jobs", RECORDERS[0]], "EXTRA_PANELS": ["shop.JobsPanel"]}
    assert get_config().all_recorders == (*RECORDERS, "shop.Jobs")
    assert get_config().all_panels == (*PANELS, "shop.JobsPanel")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("ENABLED", "yes", "must be of type bool, not 'yes'"),
        ("ENABLED", 1, "must be of type bool, not 1"),
        ("MAX_SERIES", "100", "must be of type int, not '100'"),
        ("MAX_SERIES", True, "must be of type int, not True"),
        ("MAX_SERIES", 1.5, "must be of type int, not 1.5"),
        ("LATE_LIMIT_S", -1, "must not be negative, got -1"),
        ("VALKEY_URL", None, "must be of type str, not None"),
        ("RECORDERS", "perfmon.recorders.cache.CacheRecorder", "must be a list of strings"),
        ("PANELS", [1], "must be a list of strings"),
        ("IGNORE_PATHS", 5, "must be a list of strings, not 5"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_what_it_should_be(settings, key, value, says):
    settings.PERFMON = {key: value}
    with pytest.raises(ImproperlyConfigured) as caught:
        get_config()
    assert f"PERFMON['{key}']" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["PERFMON", "PERF_BUDGETS"])
def test_settings_that_are_no_dict_are_refused(settings, name):
    setattr(settings, name, ["ENABLED"])
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be a dict of settings, not list"):
        (get_config if name == "PERFMON" else get_budgets)()


def test_single_budgets_are_overridden_and_whole_numbers_will_do(settings):
    settings.PERF_BUDGETS = {"p95_ms": 800, "alert_cpu_pct": 72.5}
    budgets = get_budgets()
    assert (budgets.p95_ms, budgets.alert_cpu_pct, budgets.p99_ms) == (800, 72.5, 2000)


def test_a_budget_that_does_not_exist_is_named(settings):
    settings.PERF_BUDGETS = {"p96_ms": 800}
    with pytest.raises(ImproperlyConfigured, match=r"PERF_BUDGETS\['p96_ms'\].*did you mean 'p9"):
        get_budgets()


def test_the_host_name_is_the_machines_own_unless_given_and_fits_a_key(settings):
    settings.PERFMON = {}
    assert get_config().host == socket.gethostname().replace("/", "-")[:64]
    settings.PERFMON = {"HOST_NAME": "rack/7-" + "x" * 100}
    assert get_config().host == ("rack-7-" + "x" * 100)[:64]


def test_what_depends_on_the_settings_is_forgotten_when_they_change(settings):
    calls: list[str] = []
    on_change(lambda: calls.append("cleared"))
    settings.PERFMON = {"RELEASE": "a"}
    assert calls
    assert get_config().release == "a"
    settings.PERFMON = {"RELEASE": "b"}
    assert get_config().release == "b"


def documented() -> dict[str, str]:
    """Return the default of each setting as the page's tables give it."""
    rows = [line.split("|") for line in SETTINGS_PAGE.read_text().splitlines() if line.startswith("| `")]
    return {row[1].strip().strip("`"): row[-3].strip() for row in rows}


@pytest.mark.parametrize("item", fields(Config), ids=lambda item: item.name)
def test_every_key_of_perfmon_is_documented_with_its_default_and_help(item):
    default = getattr(Config(), item.name)
    shown = documented()[item.name.upper()]
    if isinstance(default, tuple):
        assert shown == ("all of them" if default else "none")
    else:
        assert shown == ("empty" if default == "" else f"`{default}`")
    assert item.metadata["help"] in SETTINGS_PAGE.read_text()


@pytest.mark.parametrize("item", fields(Budgets), ids=lambda item: item.name)
def test_every_budget_is_documented_with_its_default(item):
    assert documented()[item.name] == f"`{item.default}`"


def test_the_page_documents_no_setting_that_is_gone():
    perfmon_part = SETTINGS_PAGE.read_text().partition("## perfmon")[2]
    named = {line.split("|")[1].strip().strip("`") for line in perfmon_part.splitlines() if line.startswith("| `")}
    known = {item.name.upper() for item in fields(Config)} | {item.name for item in fields(Budgets)}
    assert named == known
