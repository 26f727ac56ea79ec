"""One run of one benchmark, in a process of its own that is ended at its bound, with when and where it was made."""

from __future__ import annotations

import contextlib
import importlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from benchmarks.measure import ROOT
from benchmarks.report import Result
from benchmarks.tables import Section
from benchmarks.versions import versions_of
from perfmon.loadtest.machines import fingerprint

#: A benchmark that is told to stop has so long to stop its servers.
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Run:
    """A result and how it came about. ``busy_before_pct`` is how busy all cores were before it began.

    ``began_at`` is in UTC, to the second; ``machine`` is what ``perfmon.loadtest.machines.fingerprint`` returns.
    """

    result: Result
    began_at: str
    took_s: float
    is_quick: bool
    busy_before_pct: float
    machine: dict[str, str | int]
    versions: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "result": self.result.as_dict()}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Run:
        """Read what ``to_json`` made."""
        return cls(**{**told, "result": Result.from_dict(told["result"])})


def section_of(name: str) -> Section:
    """Return what a benchmark says of itself in the book."""
    section: Section = importlib.import_module(f"benchmarks.{name}").SECTION
    return section


def measure(name: str, *, is_quick: bool) -> Run:
    """Run one benchmark; one that fails or does not end has a result that says so."""
    section, began_at, busy_pct = section_of(name), datetime.now(UTC), psutil.cpu_percent(1)
    started = time.monotonic()
    result = _result(name, is_quick, section.bound_s)
    return Run(
        result=result, began_at=began_at.isoformat(timespec="seconds"), took_s=round(time.monotonic() - started, 1),
        is_quick=is_quick, busy_before_pct=busy_pct, machine=fingerprint(), versions=versions_of(section.versions),
    )  # fmt: skip


def _result(name: str, is_quick: bool, bound_s: int) -> Result:
    flags = ["--quick"] if is_quick else []
    process = psutil.Popen(
        [sys.executable, "-m", "benchmarks", name, "--json", *flags], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        said, _ = process.communicate(timeout=bound_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Result(name, error=f"It did not end within {bound_s} s and was stopped.")
    except KeyboardInterrupt:
        _end(process)
        raise
    try:
        return Result.from_dict(json.loads(said))
    except ValueError:
        return Result(name, error=f"It ended with code {process.returncode} and without a result.")


def _end(process: psutil.Popen) -> None:
    """Let the benchmark stop its servers; then end what is left of it and of them."""
    family = process.children(recursive=True)
    with contextlib.suppress(psutil.Error, ProcessLookupError, subprocess.TimeoutExpired):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    for one in [process, *family]:
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            one.kill()
    process.wait()
