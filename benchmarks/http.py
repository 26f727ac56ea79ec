"""A plain view and one with five queries: our bridge, the stock Channels deployment on the same server, and Daphne.

``wrk -t1 -c32`` loads one server after the other, round by round, while the others idle; it shares the cores with the
server. Then our server is told to stop under load, again and again, and the requests without a complete answer are
counted, with uvicorn's own protocol for comparison.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.measure import ROOT, figures, free_port, interleaved, ratios, say, server
from benchmarks.report import Result
from benchmarks.sites.steady_clients import Books, SteadyClients
from benchmarks.tables import Section, Table
from benchmarks.wrk import require_wrk

CONNECTIONS = 32
WARM_S = 1
SECONDS = {"plain": 1, "five_queries": 2}  # of a turn
MIGRATE = """
import benchmarks.sites.http
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
PATIENT = "omniwriter.bridge.protocol:PatientProtocol"
LIMITS = (("plain", "stock", 4.0), ("plain", "daphne", 5.0), ("five_queries", "stock", 1.3))
PATHS = {"plain": "/plain/", "five_queries": "/five/"}
SAID = {"plain": "a plain view", "five_queries": "a view with 5 queries"}
PEERS = {"stock": "the stock Channels deployment", "daphne": "Daphne"}
SECTION = Section(
    bound_s=180,
    versions=("Django", "channels", "daphne", "uvicorn", "uvloop", "httptools", "SQLite", "wrk"),
    tables=(
        Table(
            ("requests a second", "bridge", "stock Channels deployment", "Daphne"),
            tuple((SAID[view], *(f"{view}_{name}_per_s" for name in ("bridge", "stock", "daphne"))) for view in PATHS),
        ),
        Table(
            ("stopped under load, all times together", "bridge", "uvicorn's own protocol"),
            tuple(
                (f"requests {what}", *(f"stop_{name}_{what}_requests" for name in ("bridge", "httptools")))
                for what in ("answered", "lost")
            ),
        ),
    ),
)


def uvicorn(application: str, protocol: str, port: int) -> list[str]:
    """Return the command of one uvicorn process; all flags but the protocol are the same for everyone."""
    return [
        *(sys.executable, "-m", "uvicorn", f"benchmarks.sites.http:{application}", "--port", str(port)),
        *("--loop", "uvloop", "--http", protocol, "--no-access-log", "--log-level", "error"),
    ]


def daphne(port: int) -> list[str]:
    """Return the command of Daphne."""
    return [sys.executable, "-m", "daphne", "-p", str(port), "-v", "0", "benchmarks.sites.http:stock"]


def commands(ports: dict[str, int]) -> dict[str, list[str]]:
    """Return each candidate's command."""
    return {
        "bridge": uvicorn("bridged", PATIENT, ports["bridge"]),
        "stock": uvicorn("stock", "httptools", ports["stock"]),
        "daphne": daphne(ports["daphne"]),
    }


def requests_per_s(port: int, path: str, seconds: int) -> float:
    """Return what wrk counted; raises RuntimeError when an answer was an error."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if rate is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk on {path}: {said}")
    return float(rate[1])


@contextlib.contextmanager
def database() -> Iterator[dict[str, str]]:
    """Yield the environment that names a SQLite file with the tables in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "benchmark.sqlite3"
        env = {"BENCHMARK_DATABASE": str(path)}
        subprocess.run([sys.executable, "-c", MIGRATE], cwd=ROOT, env={**os.environ, **env}, check=True)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        yield env


def run(quick: bool) -> Result:
    """Measure throughput in turns, then the stop."""
    require_wrk("http")
    result = Result("http")
    with database() as env:
        _throughput(result, env, 2 if quick else 6)
        _stop(result, env, times=2 if quick else 4)
    return result


def _throughput(result: Result, env: dict[str, str], rounds: int) -> None:
    ports = {name: free_port() for name in ("bridge", "stock", "daphne")}
    with contextlib.ExitStack() as stack:
        for name, command in commands(ports).items():
            stack.enter_context(server(command, ports[name], env=env))
        for view, path in PATHS.items():
            say(f"{view}: {rounds} rounds of {SECONDS[view]} s each on {', '.join(ports)}")
            candidates = {name: _loaded(port, path, SECONDS[view]) for name, port in ports.items()}
            for port in ports.values():
                requests_per_s(port, path, WARM_S)
            samples = interleaved(candidates, rounds)
            result.metrics |= figures({f"{view}_{name}": values for name, values in samples.items()}, "per_s")
            for about, peer, limit in LIMITS:
                if about == view:
                    times, says = ratios(samples, "bridge", peer), f"requests a second to {PEERS[peer]}, {SAID[view]}"
                    result.at_least(f"{view}_to_{peer}_ratio", statistics.median(times), limit, says, times)


def _loaded(port: int, path: str, seconds: int) -> Callable[[], float]:
    return lambda: requests_per_s(port, path, seconds)


def _stop(result: Result, env: dict[str, str], *, times: int) -> None:
    for name, protocol in {"bridge": PATIENT, "httptools": "httptools"}.items():
        say(f"SIGTERM under load, {times} times with the protocol {protocol}")
        total = Books()
        for at in range(times):
            books = stopped_under_load(protocol, "/slow/" if at % 2 else "/plain/", env)
            total.answered += books.answered
            total.lost += books.lost
        result.metrics |= {f"stop_{name}_answered_requests": total.answered, f"stop_{name}_lost_requests": total.lost}
        if name == "bridge":
            result.at_most("stop_lost_requests", total.lost, 0, "requests lost at a stop under load")


def stopped_under_load(protocol: str, path: str, env: dict[str, str]) -> Books:
    """Start a server, load it, tell it to stop, and return what became of the requests."""
    port = free_port()
    with server(uvicorn("bridged", protocol, port), port, env=env) as process:
        return asyncio.run(_load_then_stop(process, SteadyClients(port, path, CONNECTIONS)))


async def _load_then_stop(process: psutil.Popen, clients: SteadyClients) -> Books:
    running = asyncio.ensure_future(clients.run())
    await asyncio.sleep(0.7)
    process.terminate()
    await asyncio.wait_for(running, 15)
    return clients.books
