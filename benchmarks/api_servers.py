"""The servers of the API's benchmark: one uvicorn process each, all on one Valkey and one database."""

from __future__ import annotations

import contextlib
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from benchmarks.measure import ROOT, free_port, server
from benchmarks.sites.api_loads import LIMIT, LIST
from omniwriter.stack.valkey import valkey_service, valkey_url

FOLDER = ROOT / "var" / "benchmark-api"
PATIENT = "omniwriter.bridge.protocol:PatientProtocol"
OURS, PEERS = "omniwriter.asgi:application", "benchmarks.sites.api:bridged"
NO_EDGE = {"OMNI_EDGE_MB": "0"}
#: Each server: its application, its protocol, and what its environment has beside what all have.
SERVERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "ours": (OURS, PATIENT, {}),
    "inner": (OURS, PATIENT, NO_EDGE),
    "uncached": (OURS, PATIENT, {**NO_EDGE, "OMNI_CACHE": "false"}),
    "throttled": (OURS, PATIENT, {**NO_EDGE, "OMNI_API_RATES": f"anonymous={10**9}"}),
    "stock": ("benchmarks.sites.api_stock:application", "httptools", {"OMNI_CACHE": "false"}),
    "raw": ("benchmarks.sites.api_raw:application", "httptools", {}),
    "bare": (PEERS, "httptools", {"BENCHMARK_MIDDLEWARE": "common"}),
    "bare_stock": ("benchmarks.sites.api:stock", "httptools", {"BENCHMARK_MIDDLEWARE": "common"}),
    "lists": (PEERS, "httptools", {"BENCHMARK_MIDDLEWARE": "startproject"}),
}


@dataclass
class Running:
    """A server under test."""

    process: psutil.Popen
    port: int


def start_servers(stack: contextlib.ExitStack, folder: Path) -> dict[str, Running]:
    """Start all, until the stack ends; ours first, as the peers need the bytes that it answers."""
    environment = _environment(stack, folder)
    found: dict[str, Running] = {}
    for name, (application, protocol, own) in SERVERS.items():
        found[name] = _started(stack, application, protocol, {**environment, **own})
        if name == "ours":
            body, _ = get(found[name], LIST)
            Path(environment["BENCHMARK_BYTES"]).write_bytes(body)
    return found


def _environment(stack: contextlib.ExitStack, folder: Path) -> dict[str, str]:
    port = free_port()
    service = valkey_service(folder / "valkey", port=port, persistent=False)
    stack.enter_context(server(list(service.command), port))
    return {
        "DJANGO_SETTINGS_MODULE": "omniwriter.settings", "OMNI_VAR_DIR": str(FOLDER), "DATABASE_URL": "",
        "REDIS_URL": valkey_url(service), "OMNI_CACHE": "true", "OMNI_PERFMON": "true", "OMNI_LOG_LEVEL": "ERROR",
        "OMNI_API_RATES": "anonymous=0", "BENCHMARK_BYTES": str(folder / "list.json"),
        "BENCHMARK_DATABASE": str(FOLDER / "omniwriter.sqlite3"),
    }  # fmt: skip


def _started(stack: contextlib.ExitStack, application: str, protocol: str, env: Mapping[str, str]) -> Running:
    port = free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", application, "--port", str(port), "--loop", "uvloop"),
        *("--http", protocol, "--no-access-log", "--log-level", "error"),
    ]
    return Running(stack.enter_context(server(command, port, env=env)), port)


def get(running: Running, path: str) -> tuple[bytes, str]:
    """Return what a server answers, and its ETag."""
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}{path}", timeout=10) as answer:
        return answer.read(), answer.headers.get("ETag", "")


def compare(servers: Mapping[str, Running]) -> None:
    """Raise AssertionError unless the peers serve what we serve."""
    ours = list(_items(servers["inner"], LIST, "items"))
    assert len(ours) == LIMIT, f"{len(ours)} articles in a page"
    for path, key in (("/drf/articles", "results"), ("/ninja/articles", "items")):
        assert list(_items(servers["lists"], path, key)) == ours, f"{path} does not serve what {LIST} serves"
    for name in ("raw", "bare", "bare_stock"):
        body, _ = get(servers[name], "/bare")
        assert body == get(servers["inner"], LIST)[0], f"{name} does not serve what {LIST} serves"


def _items(running: Running, path: str, key: str) -> Iterator[dict[str, Any]]:
    """Yield the articles of a list with the moments cut to milliseconds, as django-ninja writes them."""
    for item in orjson.loads(get(running, path)[0])[key]:
        moments = {name: item[name][:23] for name in ("published_at", "updated_at")}
        yield {**item, **moments}
