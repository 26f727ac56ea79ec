"""How things are measured here: candidates in turn, round by round, and the median of what came out.

The machine's speed drifts within seconds, so two candidates are only comparable when they alternate. ``interleaved``
does that; ``differences`` and ``ratios`` compare round by round.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_S = 60.0  # the whole stack needs 15 on a busy machine, and nothing waits for it on a quiet one
SHOWN_BYTES = 2_000
Samples = dict[str, list[float]]


def say(text: str) -> None:
    """Tell on standard error how far the run is."""
    print(text, file=sys.stderr, flush=True)


def interleaved(candidates: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Run every candidate once a round, in turn, and return each one's figures in order of the rounds."""
    samples: Samples = {name: [] for name in candidates}
    names = list(candidates)
    for at in range(rounds):
        turns = names[at % len(names) :] + names[: at % len(names)]  # nobody is always first
        for name in reversed(turns) if at % 2 else turns:  # nor always after the same one
            samples[name].append(candidates[name]())
    return samples


def differences(samples: Samples, name: str, base: str) -> list[float]:
    """Return ``name`` minus ``base``, round by round."""
    return [a - b for a, b in zip(samples[name], samples[base], strict=True)]


def ratios(samples: Samples, name: str, base: str) -> list[float]:
    """Return ``name`` divided by ``base``, round by round."""
    return [a / b for a, b in zip(samples[name], samples[base], strict=True)]


def median_difference(samples: Samples, name: str, base: str) -> float:
    """Return the median over the rounds of ``name`` minus ``base``."""
    return statistics.median(differences(samples, name, base))


def median_ratio(samples: Samples, name: str, base: str) -> float:
    """Return the median over the rounds of ``name`` divided by ``base``."""
    return statistics.median(ratios(samples, name, base))


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the quartiles, between which half of the rounds lie; those of a single round are its value."""
    low, _, high = statistics.quantiles(values if len(values) > 1 else [*values, *values], n=4, method="inclusive")
    return low, high


def resampled(values: Sequence[float], figure: Callable[[Sequence[float]], float], times: int = 200) -> list[float]:
    """Return a figure of ``times`` samples drawn from the values: how far it differs by chance (bootstrap)."""
    chance = random.Random(1)
    return [figure(chance.choices(values, k=len(values))) for _ in range(times)]


def figures(samples: Samples, unit: str) -> dict[str, float]:
    """Return median and quartiles of each candidate, ready for ``Result.metrics``."""
    found: dict[str, float] = {}
    for name, values in samples.items():
        low, high = spread(values)
        found |= {f"{name}_{unit}": statistics.median(values), f"{name}_q1_{unit}": low, f"{name}_q3_{unit}": high}
    return found


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def server(
    command: Sequence[str], port: int, *, env: Mapping[str, str] | None = None, cpu: int | None = None
) -> Iterator[psutil.Popen]:
    """Start a server, wait until its port answers, end it afterwards; ``cpu`` keeps it on one core.

    Raises RuntimeError with the end of what the server wrote when it does not come up.
    """
    with tempfile.TemporaryFile() as output:
        process = psutil.Popen(
            list(command),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            stdout=output,
            stderr=output,
        )
        try:
            if cpu is not None and hasattr(process, "cpu_affinity"):
                process.cpu_affinity([cpu])
            if not _listens_in_time(process, port):
                raise RuntimeError(f"{' '.join(command)} does not listen on {port}:\n{_end_of(output)}")
            yield process
        finally:
            _end(process)


def _listens_in_time(process: psutil.Popen, port: int) -> bool:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.05)
    return False


def _end_of(output: IO[bytes]) -> str:
    output.seek(max(0, output.seek(0, os.SEEK_END) - SHOWN_BYTES))
    return output.read().decode(errors="replace")


def _end(process: psutil.Popen) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
    try:
        process.wait(10)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(5)


def cpu_seconds(process: psutil.Popen) -> float:
    """Return the CPU time a process has used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
