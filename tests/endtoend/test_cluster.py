"""Several processes, one truth: the same exact figures everywhere, whoever is killed."""

from __future__ import annotations

import math
import time

import pytest

from .conftest import Load, within

pytestmark = pytest.mark.timeout(180)


def exact_percentile(values: list[float], percent: float) -> float:
    """Nearest rank on the whole sample."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def test_two_web_processes_and_two_collectors_show_the_same_exact_figures(cluster_of, valkey_url):
    cluster = cluster_of(valkey_url)
    ports = [cluster.web(), cluster.web()]
    leader, _ = cluster.collector(), cluster.collector()
    with Load(ports) as load:
        time.sleep(3)
        leader.bury()
        killed_with = len(load.durations_ms)
        waited = within(5, lambda: cluster.count(ports[0]) > killed_with)
        time.sleep(3)
    sent = len(load.durations_ms)

    assert load.failures == []
    within(5, lambda: [cluster.count(port) for port in ports] == [sent, sent])
    assert waited < 5
    rows = [cluster.row(port) for port in ports]
    assert rows[0][2:5] == rows[1][2:5]
    for shown, percent in zip(rows[0][2:5], (50, 95, 99), strict=True):
        assert shown == pytest.approx(exact_percentile(load.durations_ms, percent), rel=0.01)


def test_valkey_killed_under_load_fails_no_request_and_the_dashboard_recovers_by_itself(cluster_of, mortal_valkey):
    cluster = cluster_of(mortal_valkey.url)
    port = cluster.web()
    cluster.collector()
    with Load([port]) as load:
        within(8, lambda: cluster.count(port) > 0)
        mortal_valkey.kill()
        within(6, lambda: cluster.payload(port)["status"]["state"] == "stale")
        time.sleep(10)
        during = len(load.durations_ms)
        mortal_valkey.start()
        within(10, lambda: cluster.payload(port)["status"]["state"] == "live")
        time.sleep(2)

    assert load.failures == []
    assert len(load.durations_ms) > during > 100
    # Valkey came back empty, but what the process measured meanwhile was kept and merged into its seconds.
    within(8, lambda: cluster.count(port) > 0.5 * len(load.durations_ms))
