"""What machine a run was made on: figures of two machines can't be compared."""

from __future__ import annotations

import hashlib
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

LEAST_S = 0.5


class Processors:
    """How busy this machine's processors are, read at most twice a second: over less the kernel's ticks say nothing."""

    def __init__(self) -> None:
        psutil.cpu_percent()
        self._read_s, self._pct = time.monotonic(), 0.0

    def pct(self) -> float:
        """Return the percentage since the last reading, or that one again."""
        if time.monotonic() - self._read_s >= LEAST_S:
            self._read_s, self._pct = time.monotonic(), psutil.cpu_percent()
        return self._pct


def fingerprint() -> dict[str, str | int]:
    """Return ``id``, short and the same on the same machine, and what it is made of."""
    made_of: dict[str, str | int] = {
        "cpu": _cpu(),
        "cores": psutil.cpu_count() or 1,
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "django": _version("django"),
    }
    known_by = "|".join(str(made_of[name]) for name in ("cpu", "cores", "memory_bytes", "system")) + platform.node()
    return {"id": hashlib.sha256(known_by.encode()).hexdigest()[:8], **made_of}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
