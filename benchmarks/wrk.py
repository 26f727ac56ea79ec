"""``wrk`` as the load of a benchmark: what it is asked for, and what it says of the answers."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

CONNECTIONS = 32
#: So many addresses are handed to one run; it fails when it would have to ask for one again.
PATHS = 10_000
_SCRIPT = """
local paths = {}
for line in io.lines(%r) do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at + 1
  if at > #paths then error("no more addresses") end
  return wrk.format(nil, paths[at])
end
"""
_UNITS_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


class Said(NamedTuple):
    """What one run came to."""

    per_s: float
    requests: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for: one path again and again, or each of ``paths`` once."""

    server: str
    path: str = "/"
    headers: tuple[str, ...] = ()
    paths: Iterator[str] | None = None


def require_wrk(benchmark: str) -> None:
    """Stop when wrk is not installed."""
    if not shutil.which("wrk"):
        raise SystemExit(f"The benchmark {benchmark} needs wrk (Debian: apt-get install wrk).")


def run_wrk(load: Load, port: int, seconds: int, folder: Path) -> Said:
    """Load a server; raises RuntimeError when an answer was an error."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "--latency"]
    for header in load.headers:
        command += ["-H", header]
    if load.paths is not None:
        command += ["-s", str(_script(load.paths, folder))]
    command.append(f"http://127.0.0.1:{port}{load.path}")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = done.stdout + done.stderr
    rate, total = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"(\d+) requests in", said)
    if (
        rate is None
        or total is None
        or total[1] == "0"
        or any(word in said for word in ("Non-2xx", "Socket errors", "no more addresses"))
    ):
        raise RuntimeError(f"{' '.join(command)}: {said}")
    return Said(float(rate[1]), int(total[1]), _latency_ms(said, 50), _latency_ms(said, 99))


def _script(paths: Iterable[str], folder: Path) -> Path:
    listed, script = folder / "paths.txt", folder / "paths.lua"
    listed.write_text("\n".join(islice(paths, PATHS)))
    script.write_text(_SCRIPT.replace("%r", f'"{listed}"'))
    return script


def _latency_ms(said: str, percent: int) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk names no {percent}th percentile: {said}")
    return float(found[1]) * _UNITS_MS[found[2]]
