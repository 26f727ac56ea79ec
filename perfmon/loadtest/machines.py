"""What machine a run was made on: figures of two machines can't be compared."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil


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
