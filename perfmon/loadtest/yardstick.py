"""The yardstick: a server of fixed work, in a process of its own, that tells how fast the machine is at the moment.

Its work is of the kind a Django request is made of (JSON, dicts, regular expressions, headers, templates, a small
database), somewhat less than a millisecond of it, so that a slower clock costs it what it costs a request; a crowd of
neighbours costs a long request more, which ``compare`` takes from what all actions have in common. Only the standard
library takes part: the work depends on ``VERSION`` and on Python's release, which are in ``name()``, and on nothing
that is under test.

It is started by path, without the site's packages: ``python -I yardstick.py`` prints its port and ends when its
standard input does.
"""

from __future__ import annotations

import contextlib
import email
import html
import http.server
import json
import os
import platform
import re
import sqlite3
import string
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator

VERSION = 1
START_S, END_S = 20.0, 5.0

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_TEXT = " ".join(f"The {n} quick <b>brown</b> foxes & {n * 7} lazy dogs met at the harbour." for n in range(60))
_HEADERS = "".join(f"X-Header-{n}: value {n}; q=0.{n}\n" for n in range(10)) + "Cookie: a=1; b=2\n\nbody\n"
_ROW = string.Template('<li class="$kind"><a href="/things/$id/">$title</a> <time>$at</time></li>')
_QUERY = urllib.parse.urlencode({f"name{n}": f"value {n} & more" for n in range(8)})


def name() -> str:
    """Return what two measurements must share for their yardsticks to be one: ``1/3.12.3``."""
    return f"{VERSION}/{platform.python_version()}"


@contextlib.contextmanager
def running_yardstick() -> Iterator[str]:
    """Start it; yields its address, and ends it."""
    command = [sys.executable, "-I", __file__]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        process.kill()
        process.wait()


# The process itself


class Work:
    """What each request is answered with; the same every time."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, kind TEXT, title TEXT, at REAL)")
        rows = [(n, f"kind{n % 5}", f"Title <{n}>", n * 37 % 101) for n in range(400)]
        self._database.executemany("INSERT INTO thing VALUES (?, ?, ?, ?)", rows)

    def once(self) -> bytes:
        """Do it."""
        message = email.message_from_string(_HEADERS)
        asked = urllib.parse.parse_qs(_QUERY)
        found = self._database.execute("SELECT * FROM thing WHERE kind = ? ORDER BY at LIMIT 20", ("kind3",)).fetchall()
        things = [dict(zip(("id", "kind", "title", "at"), row, strict=True)) for row in found]
        page = "\n".join(_ROW.substitute({**one, "title": html.escape(one["title"])}) for one in things)
        words = Counter(word.lower() for word in _WORD.findall(_TEXT))
        told = json.dumps(
            {"things": things, "words": words.most_common(20), "asked": asked, "headers": message.items()}
        )
        return json.dumps({"page": page, "told": json.loads(told)}, indent=1).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every GET with the work, and tells how long it took as perfmon's middleware does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    work = Work()

    def do_GET(self) -> None:
        """Work and answer."""
        begun_ns = time.perf_counter_ns()
        body = self.work.once()
        duration_ns = time.perf_counter_ns() - begun_ns
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server-Timing", f"app;dur={duration_ns / 1e6:.6f}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def serve() -> None:
    """Serve until standard input ends; one connection at a time, which is all that is asked of it."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    serve()
