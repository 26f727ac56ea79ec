"""CPU and memory of the container this process runs in, from control group v2 files; nothing outside a container.

Source of the file formats: the kernel's Documentation/admin-guide/cgroup-v2.rst.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class CgroupReading:
    """One look at the group: CPU time used so far, cores allowed, memory in use and allowed (None: not limited)."""

    cpu_used_us: int
    cpu_cores: float | None
    memory_bytes: int
    memory_limit_bytes: int | None


def read_cgroup(root: Path = ROOT) -> CgroupReading | None:
    """Return the container's reading, or None where no limit is set (then the host's figures are the right ones)."""
    try:
        cores = _cores((root / "cpu.max").read_text().split())
        limit = _limit((root / "memory.max").read_text().strip())
        if cores is None and limit is None:
            return None
        used_us = _field((root / "cpu.stat").read_text(), "usage_usec")
        cache_bytes = _field((root / "memory.stat").read_text(), "inactive_file")
        memory_bytes = int((root / "memory.current").read_text()) - cache_bytes
    except (OSError, ValueError, IndexError, KeyError):
        return None
    return CgroupReading(used_us, cores, max(0, memory_bytes), limit)


def _cores(words: list[str]) -> float | None:
    return None if words[0] == "max" else int(words[0]) / int(words[1])


def _limit(word: str) -> int | None:
    return None if word == "max" else int(word)


def _field(text: str, name: str) -> int:
    return int(dict(line.split(maxsplit=1) for line in text.splitlines())[name])
