"""A server of this project for the time of a test, on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.conf import settings

from perfmon.conf import get_config
from perfmon.exceptions import PerftestError
from perfmon.perftest import keeper
from perfmon.perftest.addresses import Address

LOOPBACK = "127.0.0.1"
UVICORN = (
    *("{python}", "-m", "uvicorn", "{application}", "--host", LOOPBACK, "--port", "{port}"),
    *("--no-access-log", "--log-level", "warning"),
)
READY_S = 60.0
STEP_S = 0.05
LAST_LINES = 15
MAX_TAIL_BYTES = 16_384


def command_for(port: int) -> list[str]:
    """Return the words that start the project's server; raises PerftestError when nothing says what it is."""
    words, application = get_config().perftest_server, str(getattr(settings, "ASGI_APPLICATION", None) or "")
    if not words and not application:
        raise PerftestError(
            "Nothing says how this project is served: set ASGI_APPLICATION, or PERFMON['PERFTEST_SERVER'] to the words "
            "of a command, with {port} in them. Or start the server yourself and name it with --host."
        )
    places = {"{python}": sys.executable, "{port}": str(port), "{application}": ":".join(application.rsplit(".", 1))}
    return [_filled(word, places) for word in words or UVICORN]


def environment() -> dict[str, str]:
    """Return the server's environment: ours, what the settings add, and the places we import from."""
    added = [word.partition("=") for word in get_config().perftest_environment]
    places = os.pathsep.join(str(Path(place).resolve()) for place in sys.path)
    return {**os.environ, "PYTHONPATH": places, **{name: value for name, _sign, value in added}}


@contextmanager
def own_server() -> Iterator[Address]:
    """Start the server, wait until it takes connections, end it with all its processes whatever happens.

    Raises PerftestError with the last lines it wrote when it does not come up.
    """
    port = _free_port()
    command = command_for(port)
    with tempfile.TemporaryFile() as output:
        kept = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(Path(keeper.__file__)), *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment(),
            start_new_session=True,  # so that Ctrl-C at the terminal reaches us alone, and what was measured is told
        )
        try:
            _wait_ready(kept, port, output, command)
            yield Address("http", LOOPBACK, port)
        finally:
            _end(kept)


def _wait_ready(kept: subprocess.Popen[bytes], port: int, output: IO[bytes], command: Sequence[str]) -> None:
    deadline_s = time.monotonic() + READY_S
    while time.monotonic() < deadline_s and kept.poll() is None:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(STEP_S)
    why = f"did not listen on port {port} within {READY_S:.0f} s" if kept.poll() is None else "ended"
    raise PerftestError(
        f"The server {why}. It was started with: {' '.join(command)}\nIts last lines:\n{_last_lines(output)}",
        could_not_run=True,
    )


def _end(kept: subprocess.Popen[bytes]) -> None:
    assert kept.stdin
    with suppress(OSError):
        kept.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        kept.wait(keeper.GRACE_S + 5)


def _last_lines(output: IO[bytes]) -> str:
    output.seek(max(0, output.seek(0, os.SEEK_END) - MAX_TAIL_BYTES))
    lines = output.read().decode(errors="replace").splitlines()[-LAST_LINES:]
    return "\n".join(f"  {line}" for line in lines) or "  (it wrote nothing)"


def _filled(word: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(name, value)
    return word


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
