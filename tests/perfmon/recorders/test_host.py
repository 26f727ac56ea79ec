"""The host's readings: rates from differences, one sampler a host, a container's own limits."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import time_machine

from perfmon.recorders import host
from perfmon.recorders.cgroup import read_cgroup
from perfmon.recorders.host import HostLock, HostRecorder

pytestmark = pytest.mark.usefixtures("recording")


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """A monotonic clock the test turns by hand."""
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(host.time, "monotonic", lambda: clock.seconds)
    return clock


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch):
    """A lock of this test's own, so that a server on this machine does not hold it."""
    monkeypatch.setattr(host.tempfile, "gettempdir", lambda: str(tmp_path))


@pytest.fixture
def sampler():
    """Make recorders that give their lock up when the test ends."""
    made: list[HostRecorder] = []

    def make() -> HostRecorder:
        made.append(HostRecorder())
        return made[-1]

    yield make
    for recorder in made:
        recorder.uninstall()


def readings(recorder: HostRecorder) -> dict[str, int]:
    """Return the host gauges of one sample."""
    return {key.key.partition("/")[2]: window.sum for key, window in recorder.sample(0) if key.kind == "host"}


def test_the_second_reading_has_cpu_and_network_rates(sampler, clock, monkeypatch):
    times = type(psutil.cpu_times())
    cpu = iter([(100.0, 900.0), (104.0, 906.0)])
    net = iter([(1000, 5000), (2000, 5500)])

    fields = len(psutil.cpu_times())

    def cpu_times():
        busy, idle = next(cpu)
        return times(*([busy, 0, 0, idle] + [0] * (fields - 4)))

    monkeypatch.setattr(host.psutil, "cpu_times", cpu_times)
    monkeypatch.setattr(host, "read_cgroup", lambda: None)
    monkeypatch.setattr(
        host.psutil,
        "net_io_counters",
        lambda: SimpleNamespace(**dict(zip(("bytes_recv", "bytes_sent"), next(net), strict=True))),
    )
    recorder = sampler()
    first = readings(recorder)
    clock.seconds += 5
    second = readings(recorder)

    assert "cpu" not in first
    assert second["cpu"] == 40_000  # 4 s of 10 s busy, in thousandths of a percent
    assert (second["net_in"], second["net_out"]) == (200, 100)
    assert 0 < second["memory"] <= 100_000


def test_readings_come_every_interval_and_not_every_second(sampler, clock):
    recorder = sampler()
    taken = []
    for _ in range(11):
        taken.append(bool(list(recorder.sample(0))))
        clock.seconds += 1

    assert taken == [True, False, False, False, False, True, False, False, False, False, True]


def test_one_process_of_a_host_samples_it_and_each_reports_its_own_memory(sampler, clock):
    first, second = sampler(), sampler()
    kinds_first = {key.kind for key, _ in first.sample(0)}
    kinds_second = {key.kind for key, _ in second.sample(0)}

    assert kinds_first == {"host", "process"}
    assert kinds_second == {"process"}


def test_another_process_takes_over_when_the_sampler_ends():
    first, second = HostLock(), HostLock()
    assert first.held()
    assert not second.held()
    first.release()

    assert second.held()
    second.release()


def write_cgroup(root: Path, **files: str) -> Path:
    """Lay out a control group's files."""
    for name, text in files.items():
        (root / name.replace("_", ".", 1)).write_text(text)
    return root


def test_a_container_is_measured_against_its_own_limits(tmp_path):
    root = write_cgroup(
        tmp_path,
        cpu_max="150000 100000",
        memory_max="1073741824",
        cpu_stat="usage_usec 5000000\nuser_usec 1",
        memory_stat="anon 1\ninactive_file 100",
        memory_current="1100",
    )

    reading = read_cgroup(root)
    assert (reading.cpu_cores, reading.memory_limit_bytes, reading.memory_bytes) == (1.5, 1_073_741_824, 1000)


def test_no_limit_means_the_hosts_figures_are_right(tmp_path):
    root = write_cgroup(
        tmp_path, cpu_max="max 100000", memory_max="max", cpu_stat="", memory_stat="", memory_current="1"
    )
    assert read_cgroup(root) is None
    assert read_cgroup(tmp_path / "missing") is None


def test_a_containers_cpu_is_its_share_of_the_cores_it_may_use(sampler, clock, monkeypatch):
    used_us = iter([1_000_000, 4_750_000])
    monkeypatch.setattr(host, "read_cgroup", lambda: host.CgroupReading(next(used_us), 1.5, 500, 1000))
    recorder = sampler()
    readings(recorder)
    clock.seconds += 5
    gauges = readings(recorder)

    assert gauges["cpu"] == 50_000  # 3.75 s of 5 s x 1.5 cores
    assert gauges["memory"] == 50_000
    assert gauges["memory_used"] == 500


def test_a_frozen_wall_clock_does_not_stop_the_readings(sampler, clock):
    recorder = sampler()
    with time_machine.travel(0, tick=False):
        list(recorder.sample(0))
        clock.seconds += 5
        assert list(recorder.sample(0))
