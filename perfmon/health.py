"""Health over HTTP: is this process alive, may it be sent traffic, and how is each part of it.

Nothing here needs a login, so nothing here tells more than a word and a number of milliseconds. Every part is asked in
a thread of its own with a time limit, and one question at a time: callers that come meanwhile share its answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change
from perfmon.context import muted
from perfmon.guard import count_failure
from perfmon.problems import method_not_allowed, problem

TIMEOUT_S = 2.0
RETRY_S = 5
OK, DEGRADED, DOWN = "ok", "degraded", "down"


@dataclass(slots=True)
class Part:
    """One thing the process stands on: ``check`` returns whether it is well, or raises.

    ``vital``: without it the process can't serve; a part that isn't makes it slower or blinder. ``detail`` returns one
    word more, for everybody to see; it may neither wait nor raise.
    """

    name: str
    vital: bool
    check: Callable[[], bool]
    detail: Callable[[], str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: Future[tuple[bool, float]] | None = None

    def ask(self) -> Future[tuple[bool, float]]:
        """Start the check, or join the one that is running; the answer is (well, ms)."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                # A daemon: a database that never answers must not keep the process from stopping.
                threading.Thread(
                    target=self._run, args=(self._running,), name=f"health-{self.name}", daemon=True
                ).start()
            return self._running

    def _run(self, answer: Future[tuple[bool, float]]) -> None:
        started_s = time.monotonic()
        try:
            with muted():
                well = self.check()
        except Exception as error:
            count_failure(f"health {self.name}", error)
            well = False
        finally:
            connection.close()
        answer.set_result((well, round((time.monotonic() - started_s) * 1000, 1)))


def health(request: HttpRequest) -> HttpResponse:
    """Every part's state and milliseconds; 503 when a vital one is down."""
    refusal = _not_read(request)
    if refusal:
        return refusal
    status, parts = inspect()
    return _json({"status": status, "parts": parts}, 503 if status == DOWN else 200)


def health_live(request: HttpRequest) -> HttpResponse:
    """Whether this process answers at all; asks nothing else, so that an outage elsewhere never restarts it."""
    return _not_read(request) or _json({"status": "alive"}, 200)


def health_ready(request: HttpRequest) -> HttpResponse:
    """Whether this process may be sent traffic: yes when the vital parts are well, even if another one isn't."""
    refusal = _not_read(request)
    if refusal:
        return refusal
    status, parts = inspect()
    if status == DOWN:
        failing = ", ".join(name for name, part in parts.items() if part["state"] == DOWN)
        return problem(503, f"Not ready: {failing}.", headers={"Retry-After": str(RETRY_S)}, parts=parts)
    return _json({"status": "ready", "degraded": status == DEGRADED}, 200)


def inspect() -> tuple[str, dict[str, dict[str, Any]]]:
    """Ask all parts at once, for ``TIMEOUT_S`` at most; return the whole's state, and ``state`` and ``ms`` of each."""
    deadline_s = time.monotonic() + TIMEOUT_S
    asked = [(part, part.ask()) for part in get_parts() if part is not VALKEY or get_config().valkey_url]
    parts = {part.name: _answer(part, answer, deadline_s) for part, answer in asked}
    states = {part["state"] for part in parts.values()}
    return next((state for state in (DOWN, DEGRADED) if state in states), OK), parts


def _answer(part: Part, answer: Future[tuple[bool, float]], deadline_s: float) -> dict[str, Any]:
    try:
        well, elapsed_ms = answer.result(max(0.0, deadline_s - time.monotonic()))
    except FutureTimeoutError:
        well, elapsed_ms = False, TIMEOUT_S * 1000
    told: dict[str, Any] = {"detail": part.detail()} if part.detail else {}
    return {"state": OK if well else DOWN if part.vital else DEGRADED, "ms": elapsed_ms} | told


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations_are_applied() -> bool:
    from django.db.migrations.executor import MigrationExecutor

    # Known good once, good for this process's life: its code doesn't change under it.
    if not _applied.is_set():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _applied.set()
    return True


def _valkey_answers() -> bool:
    from perfmon.valkey import get_client

    return bool(get_client().ping())


_applied = threading.Event()
VALKEY = Part("valkey", vital=False, check=_valkey_answers)
PARTS = (
    Part("database", vital=True, check=_database_answers),
    Part("migrations", vital=True, check=_migrations_are_applied),
    VALKEY,
)


def get_parts() -> tuple[Part, ...]:
    """Return what is asked: perfmon's own parts and those that the project adds in ``PERFMON["HEALTH_PARTS"]``."""
    return (*PARTS, *_added_parts())


@lru_cache(maxsize=1)
def _added_parts() -> tuple[Part, ...]:
    return tuple(part for path in get_config().health_parts for part in import_string(path)())


on_config_change(_added_parts.cache_clear)


def _not_read(request: HttpRequest) -> HttpResponse | None:
    return None if request.method in ("GET", "HEAD") else method_not_allowed("GET", "HEAD")


def _json(body: dict[str, Any], status: int) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
