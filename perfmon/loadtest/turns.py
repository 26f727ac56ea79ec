"""A turn: some requests of one action after the other on one kept-open connection, each timed; blocking.

The requests must reach the code: one that a cache in front answers says nothing of it. ``REACHES`` are the ways, tried
in their order until one is answered as expected: a parameter that no other request has (``perfmon=<n>``); where the
site refuses parameters it doesn't know, a session, which shared caches pass on; otherwise the request as it is. All
ask caches not to answer (``Cache-Control: no-cache``). What a view itself keeps it keeps: that is how it runs.
"""

from __future__ import annotations

import http.client
import re
import secrets
import time
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple
from urllib.parse import urlsplit

from perfmon.loadtest.generator.templates import path_template
from perfmon.loadtest.plans import MARK_HEADER, Action, Session

TIMEOUT_S = 30.0
PARAMETER = "perfmon"
REACHES = ("parameter", "session", "as it is")
#: The number in the marks of these requests: none of a plan's actions, whose counts are compared.
MARKED_AS = 99
_APP = re.compile(r"\bapp;(?:[^,]*;)?dur=([0-9.]+)")
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br", "Cache-Control": "no-cache"}


class Timed(NamedTuple):
    """One answer: the whole time, and the server's own part where it told."""

    service_ns: int
    server_ns: int | None
    status: int


@dataclass(slots=True)
class Asker:
    """Asks one server; ``mark`` is ``run.signature`` or empty."""

    host: str
    mark: str = ""
    _connection: http.client.HTTPConnection | None = None
    _number: count[int] = field(default_factory=lambda: count(secrets.randbelow(1 << 40)))

    def ask(self, action: Action, place: int, session: Session, reach: str) -> Timed:
        """Send one request, with the ``place``-th of the action's choices; raises OSError or HTTPException."""
        headers = {**_HEADERS, **action.headers, **session.headers}
        if self.mark:
            headers[MARK_HEADER] = f"{self.mark}.{MARKED_AS}"
        path = self._path(action, place)
        if reach == "parameter":
            path += f"{'&' if '?' in path else '?'}{PARAMETER}={next(self._number)}"
        try:
            return self._timed(action.method, path, headers)
        except (ConnectionError, http.client.RemoteDisconnected):  # closed since the last turn
            self.close()
            return self._timed(action.method, path, headers)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _path(self, action: Action, place: int) -> str:
        def value(word: str) -> str:
            return str(next(self._number)) if word == "n" else action.choices[word][place % len(action.choices[word])]

        return path_template(action.path, {*action.choices, "n"}).fill(value)

    def _timed(self, method: str, path: str, headers: dict[str, str]) -> Timed:
        connection = self._connection = self._connection or self._opened()
        try:
            begun_ns = time.perf_counter_ns()
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            service_ns = time.perf_counter_ns() - begun_ns
        except BaseException:
            self.close()
            raise
        told = _APP.search(answer.headers.get("Server-Timing", ""))
        return Timed(service_ns, int(float(told[1]) * 1e6) if told else None, answer.status)

    def _opened(self) -> http.client.HTTPConnection:
        address = urlsplit(self.host)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        return kind(address.hostname or "", address.port, timeout=TIMEOUT_S)
