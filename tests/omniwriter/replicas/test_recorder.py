"""What the recorder tells of a real cluster."""

from __future__ import annotations

from django.contrib.auth.models import Group

from omniwriter.replicas import monitor
from omniwriter.replicas.recorder import KIND, ReplicaRecorder
from perfmon.series import SeriesKey, Window
from tests.waiting import eventually

from .conftest import Cluster


def told(recorder: ReplicaRecorder) -> dict[str, Window]:
    """Return one second's readings."""
    readings = dict(recorder.sample(1))
    assert all(isinstance(key, SeriesKey) and key.kind == KIND for key in readings)
    return {key.key: window for key, window in readings.items()}


def test_reads_evictions_and_states_are_told_once(cluster: Cluster) -> None:
    recorder = ReplicaRecorder()
    assert told(recorder) == {}
    cluster.wait_live()
    told(recorder)
    for _ in range(10):
        list(Group.objects.using("replica1").filter(name="x"))

    first, second = told(recorder), told(recorder)

    assert first["replica1/reads"].count >= 10
    assert "replica1/reads" not in second
    assert (second["replica1/state"].count, second["replica1/state"].errors) == (1, 0)
    eventually(lambda: told(recorder)["replica2/lag"].max == 0)  # the server writes now and then by itself


def test_a_replica_that_is_away_has_no_lag_but_an_eviction(cluster: Cluster) -> None:
    recorder = ReplicaRecorder()
    cluster.wait_live()
    cluster.replicas[0].kill()
    eventually(lambda: monitor.rotation.is_away("replica1"))

    windows = told(recorder)

    assert windows["replica1/evictions"].count == 1
    assert (windows["replica1/state"].errors, windows["replica1/state"].sum) == (1, 1)
    assert "replica1/lag" not in windows
