"""Valkey killed under the load of readers: nobody notices but by the milliseconds, and the database is not rushed."""

from __future__ import annotations

import time

import pytest

from .conftest import Load, within

pytestmark = pytest.mark.timeout(180)
PATH = "/en/"
LABEL = "GET /en/"
MOST_QUERIES = 12  # of one making of the page


def p95_ms(durations_ms: list[float]) -> float:
    """Nearest rank on the whole sample."""
    return sorted(durations_ms)[int(0.95 * len(durations_ms))]


def test_readers_are_served_and_queries_stay_few_while_valkey_is_away_and_when_it_is_back(cluster_of, mortal_valkey):
    cluster = cluster_of(mortal_valkey.url)
    port = cluster.web()
    cluster.collector()
    with Load([port], path=PATH, clients=8) as load:
        within(10, lambda: cluster.row(port, LABEL))
        before = len(load.durations_ms)
        mortal_valkey.kill()
        away_at = time.monotonic()
        within(10, lambda: len(load.durations_ms) > 2 * before and time.monotonic() - away_at > 4)
        during = len(load.durations_ms)
        mortal_valkey.start()
        away_s = time.monotonic() - away_at
        within(10, lambda: cluster.payload(port)["status"]["state"] == "live")
        within(10, lambda: len(load.durations_ms) > during + before)
    asked = len(load.durations_ms)
    parts = load.durations_ms[:before], load.durations_ms[before:during], load.durations_ms[during:]
    print("p95 before, during, after, ms:", [round(p95_ms(part), 1) for part in parts], "of", asked)

    assert load.failures == []
    within(8, lambda: (cluster.row(port, LABEL) or [0])[0] > 0.5 * asked)
    shares = cluster.payload(port, f"endpoint/5m/{LABEL}")["panels"]["endpoint"]["shares"]
    a_request = float(next(row["text"] for row in shares if row["name"] == "queries").split()[0])
    # Once before, once a second while it is away, and once after; without a cache it would be each time.
    assert a_request * asked < MOST_QUERIES * (away_s + 4) < 0.5 * MOST_QUERIES * asked
