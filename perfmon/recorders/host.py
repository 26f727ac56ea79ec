"""The host: CPU, memory, disk, network and load, read by one process per host however many serve on it.

Readings are differences between two looks at the kernel's counters, so nothing ever blocks to measure. Gauges are
integers: thousandths of a percent, bytes, bytes a second, thousandths of load.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import psutil

from perfmon.conf import get_config
from perfmon.ingest import ingest
from perfmon.recorders.cgroup import CgroupReading, read_cgroup
from perfmon.series import SeriesKey, Window

try:
    import fcntl
except ImportError:  # not on this platform: every process samples, means and peaks stay right
    fcntl = None  # type: ignore[assignment]


class HostLock:
    """Held by the one process of this host and project that samples; the kernel frees it when that process ends.

    ``what`` is sampled keeps locks of different samplers apart.
    """

    def __init__(self, what: str = "host") -> None:
        config = get_config()
        name = f"{config.prefix}|{config.valkey_url}|{os.environ.get('DJANGO_SETTINGS_MODULE', '')}|{os.getuid()}"
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        self._path = Path(tempfile.gettempdir()) / f"perfmon-{what}-{digest}.lock"
        self._file: IO[str] | None = None
        self._pid = 0

    def held(self) -> bool:
        """Take the lock if it is free; True while this process has it (a forked child does not)."""
        if self._file is not None and self._pid == os.getpid():
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        file = os.fdopen(descriptor, "r+")
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return False
        self._file, self._pid = file, os.getpid()
        return True

    def release(self) -> None:
        """Let another process sample."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Counters:
    """One look at everything that is only meaningful as a difference."""

    def __init__(self, cgroup: CgroupReading | None) -> None:
        self.at_s = time.monotonic()
        self.cgroup = cgroup
        times = psutil.cpu_times()
        self.cpu_total_s = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        self.cpu_idle_s = times.idle + getattr(times, "iowait", 0.0)
        network = psutil.net_io_counters()
        self.net_in_bytes, self.net_out_bytes = (network.bytes_recv, network.bytes_sent) if network else (0, 0)


class HostRecorder:
    """Samples the host every ``PERFMON["HOST_INTERVAL_S"]`` seconds, from the flush."""

    def __init__(self) -> None:
        self._lock = HostLock()
        self._before: Counters | None = None
        self._due_s = 0.0

    def install(self) -> None:
        """Nothing to hook: the flush asks."""

    def uninstall(self) -> None:
        """Leave the sampling to another process."""
        self._lock.release()

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the readings when they are due: the host's from its one sampler, this process's memory from each."""
        if time.monotonic() < self._due_s:
            return []
        self._due_s = time.monotonic() + get_config().host_interval_s - 0.5  # flushes are a second apart
        host = get_config().host
        readings = [_gauge(f"{host}/{ingest.process}", psutil.Process().memory_info().rss, "process")]
        if self._lock.held():
            readings += [_gauge(f"{host}/{name}", value) for name, value in self._host_gauges().items()]
        return readings

    def _host_gauges(self) -> dict[str, int]:
        now, before = Counters(read_cgroup()), self._before
        self._before = now
        gauges = {"disk": int(psutil.disk_usage("/").percent * 1000), "load1": int(os.getloadavg()[0] * 1000)}
        gauges |= _memory(now.cgroup)
        if before is not None and now.at_s > before.at_s:
            gauges |= _rates(before, now)
        return gauges


def _gauge(key: str, value: int, kind: str = "host") -> tuple[SeriesKey, Window]:
    return SeriesKey(kind, key), Window(1, 0, value, value)


def _memory(cgroup: CgroupReading | None) -> dict[str, int]:
    if cgroup is not None and cgroup.memory_limit_bytes:
        used, limit = cgroup.memory_bytes, cgroup.memory_limit_bytes
        return {"memory": 100_000 * used // limit, "memory_used": used}
    memory = psutil.virtual_memory()
    return {"memory": int(memory.percent * 1000), "memory_used": memory.total - memory.available}


def _rates(before: Counters, now: Counters) -> dict[str, int]:
    seconds = now.at_s - before.at_s
    rates = {
        "net_in": max(0, int((now.net_in_bytes - before.net_in_bytes) / seconds)),
        "net_out": max(0, int((now.net_out_bytes - before.net_out_bytes) / seconds)),
    }
    cpu = _cpu_pct(before, now, seconds)
    return rates if cpu is None else {"cpu": int(cpu * 1000), **rates}


def _cpu_pct(before: Counters, now: Counters, seconds: float) -> float | None:
    if now.cgroup is not None and before.cgroup is not None and now.cgroup.cpu_cores:
        used_s = (now.cgroup.cpu_used_us - before.cgroup.cpu_used_us) / 1e6
        return min(100.0, max(0.0, 100 * used_s / (seconds * now.cgroup.cpu_cores)))
    total_s = now.cpu_total_s - before.cpu_total_s
    if total_s <= 0:
        return None
    return min(100.0, max(0.0, 100 * (1 - (now.cpu_idle_s - before.cpu_idle_s) / total_s)))
