"""How soon 200 viewers of one job see each piece of its text, over websockets from one uvicorn process.

The writer appends 20 pieces a second to the job's stream, as a runner does, and stamps each; a delay is taken from
before that to after the piece was found in what the viewer's socket received. So it holds the way through Valkey, the
drawing of the section as HTML, the fan-out, and the client's own work. The server has one core, all else the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import uvloop

from benchmarks.measure import ROOT, cpu_seconds, free_port, say, server
from benchmarks.report import Result
from benchmarks.sites.fanout_clients import Subscriber, Tally, connect_many, upgrade
from benchmarks.tables import Section, Table

VIEWERS, LATE_VIEWERS = 200, 20
PIECES_A_SECOND, SECONDS, QUICK_SECONDS = 20, 20, 8
P99_LIMIT_MS = 250.0
SETTLE_S = 0.2
SERVER_CPU, CLIENT_CPU = 0, 1
SECTION = Section(
    bound_s=90,
    versions=("Django", "channels", "uvicorn", "websockets", "Valkey", "SQLite"),
    tables=(
        Table(
            ("delay of a piece, ms", "p50", "p95", "p99", "the slowest"),
            (("200 viewers", "p50_ms", "p95_ms", "p99_ms", "slowest_ms"),),
        ),
        Table(
            ("", "measured"),
            (
                ("pieces written", "pieces"),
                ("pieces each viewer got too few or twice, all together", "lost_or_doubled"),
                ("processor time of the server, % of a core", "server_cpu_percent_of_a_core"),
            ),
        ),
    ),
)
WORDS = ["earth", "turns", "slowly", "*dark*", "under", "leaves", "and", "rain", "while", "worms"]


def run(quick: bool) -> Result:
    """Measure one job while it is written."""
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {CLIENT_CPU})
    with tempfile.TemporaryDirectory() as folder, _valkey(Path(folder)) as url:
        os.environ.update(
            DATABASE_URL=f"sqlite:///{folder}/site.sqlite3", REDIS_URL=url, OMNI_VAR_DIR=folder, ALLOWED_HOSTS="*",
            OMNI_PERFMON="false",  # in this process; the site watches itself
        )  # fmt: skip
        job_id, token = _job()
        with _site() as (process, port):
            return uvloop.run(_measure(process, port, job_id, token, QUICK_SECONDS if quick else SECONDS))


async def _measure(process: psutil.Popen, port: int, job_id: int, token: str, seconds: int) -> Result:
    request = upgrade(port, f"/ws/studio/generation/{job_id}/", token)
    tally, viewers = await connect_many(VIEWERS, port, request, b"")
    say(f"{VIEWERS} viewers, {seconds} s")
    pieces, before_s = PIECES_A_SECOND * seconds, cpu_seconds(process)
    writer = threading.Thread(target=_write, args=(job_id, pieces))
    writer.start()
    await asyncio.sleep(seconds / 2)
    _late_tally, late = await connect_many(LATE_VIEWERS, port, request, b"")
    await asyncio.to_thread(writer.join)
    await _arrived(viewers, pieces)
    result = _judge(tally, viewers, pieces)
    result.metrics["server_cpu_percent_of_a_core"] = 100 * (cpu_seconds(process) - before_s) / seconds
    result.metrics["late_viewers"] = len(late)
    return result


def _judge(tally: Tally, viewers: list[Subscriber], pieces: int) -> Result:
    delays_ms = sorted(delay_ns / 1e6 for delay_ns in tally.delays_ns)
    p99_ms = delays_ms[int(0.99 * len(delays_ms))]
    lost = sum(abs(pieces - viewer.received) for viewer in viewers)
    result = Result("generation")
    result.metrics |= {
        "viewers": len(viewers), "pieces": pieces, "p50_ms": delays_ms[len(delays_ms) // 2],
        "p95_ms": delays_ms[int(0.95 * len(delays_ms))], "p99_ms": p99_ms,
        "slowest_ms": delays_ms[-1], "lost_or_doubled": lost,
    }  # fmt: skip
    result.at_most("p99_ms", p99_ms, P99_LIMIT_MS, "p99 delay of a piece of text at 200 viewers")
    result.at_most("lost_or_doubled", lost, 0, "pieces lost or doubled")
    return result


async def _arrived(viewers: list[Subscriber], pieces: int, within_s: float = 15.0) -> None:
    for _ in range(int(within_s / SETTLE_S)):
        if all(viewer.received >= pieces for viewer in viewers):
            break
        await asyncio.sleep(SETTLE_S)


def _write(job_id: int, pieces: int) -> None:
    """Append the pieces, each at its time."""
    from articles.generation.stream import Stream

    text = ""

    def whole() -> dict[str, Any]:
        return {"type": "snapshot", "sections": [{"title": "", "text": text}]}

    stream, began_s = Stream(job_id, whole), time.perf_counter()
    stream.append(whole())
    for at in range(pieces):
        time.sleep(max(0.0, began_s + at / PIECES_A_SECOND - time.perf_counter()))
        words = f"{WORDS[at % len(WORDS)]} {WORDS[(at * 7) % len(WORDS)]} "
        event = {"type": "text", "section": 1, "at": len(text), "text": words, "sent_ns": time.time_ns()}
        text += words
        stream.append(event)


def _job() -> tuple[int, str]:
    """Make the tables, a job that is being written, and a token of its owner's."""
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "omniwriter.settings"
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection

    from articles.enums import GenerationKind, GenerationStatus
    from articles.models import GenerationJob
    from articles.services.tokens import token_create
    from articles.tokens import Scope

    owner = User.objects.create_user("benchmark")
    job = GenerationJob.objects.create(kind=GenerationKind.ARTICLE, owner=owner, status=GenerationStatus.STREAMING)
    raw = token_create(user=owner, scopes=[Scope.READ])[1]
    connection.close()
    return job.pk, raw


@contextlib.contextmanager
def _site() -> Iterator[tuple[psutil.Popen, int]]:
    port = free_port()
    command = (
        *(sys.executable, "-m", "uvicorn", "omniwriter.asgi:application", "--port", str(port), "--loop", "uvloop"),
        *("--http", "httptools", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false"),
        *("--no-access-log", "--log-level", "error", "--timeout-graceful-shutdown", "1"),
    )
    with server(command, port, env={"OMNI_PERFMON": "true"}, cpu=SERVER_CPU) as process:
        yield process, port


@contextlib.contextmanager
def _valkey(folder: Path) -> Iterator[str]:
    from omniwriter.stack.valkey import valkey_service

    port = free_port()
    with server(valkey_service(folder / "valkey", port=port, persistent=False).command, port, cpu=CLIENT_CPU):
        yield f"redis://127.0.0.1:{port}"
