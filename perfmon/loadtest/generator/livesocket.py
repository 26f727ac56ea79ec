"""One websocket that speaks the live protocol of ``docs/websocket.md``, on a client that works under gevent."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from websocket import (
    ABNF,
    WebSocket,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    WebSocketException,
    WebSocketTimeoutException,
)

from perfmon.live.protocol import SUBPROTOCOL
from perfmon.loadtest.generator.protocol import GARBLED, RESET, TIMED_OUT

#: Of a slow reader, as of one behind a thin line: without them loopback takes 4 MB before the server notices anything.
SMALL_BUFFER_BYTES, SEGMENT_BYTES = 4_096, 1_400
CLOSE_WAIT_S = 1.0
SHORTEST_WAIT_S = 0.001  # 0 would not wait at all, and then an empty socket is an error of another kind


class Refused(Exception):
    """The user was not let in: ``reason`` is the handshake's status, the close code or what else went wrong.

    ``broken_off``: it was not waited for, the generator ends.
    """

    def __init__(self, reason: str, code: int | None = None, *, broken_off: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.code, self.broken_off = reason, code, broken_off


class Closed(Exception):
    """The other side is gone; ``code`` is what it closed with, None when it did not say."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class LiveSocket:
    """A socket whose user was let in: the server answers a ``ping`` only after it has looked at who this is."""

    def __init__(self, raw: Any, url: str, headers: Mapping[str, str], timeout_s: float) -> None:
        """Shake hands over a connected socket; raises Refused, and OSError."""
        # The client's check of UTF-8 is in Python and costs more than all the rest; the JSON reader checks too.
        self._client = WebSocket(skip_utf8_validation=True, enable_multithread=False)
        try:
            with _refusing():
                self._client.connect(  # type: ignore[no-untyped-call]
                    url, socket=raw, header=dict(headers), suppress_origin=True, subprotocols=[SUBPROTOCOL],
                    timeout=timeout_s, redirect_limit=0,
                )  # fmt: skip
                self.say(type="ping")
                if self.hear(timeout_s) is None:
                    raise Refused(TIMED_OUT)
        except BaseException:
            raw.close()
            raise

    @property
    def timing(self) -> str:
        """What the server said of its own time, as in ``Server-Timing``."""
        return str((self._client.headers or {}).get("server-timing", ""))

    def say(self, **message: Any) -> None:
        """Send a message; raises Closed."""
        with _closing():
            self._client.send(orjson.dumps(message))

    def hear(self, within_s: float) -> tuple[int, dict[str, Any]] | None:
        """Return the next message and when it was there (Unix ns), None when there was none; raises Closed.

        Raises ValueError for what is no JSON.
        """
        self._client.settimeout(max(within_s, SHORTEST_WAIT_S))
        try:
            with _closing():
                opcode, data = self._client.recv_data()
        except WebSocketTimeoutException:
            return None
        received_ns = time.time_ns()
        if opcode == ABNF.OPCODE_CLOSE:
            raise Closed(int.from_bytes(data[:2], "big") or None)
        return received_ns, orjson.loads(data)

    def close(self) -> None:
        """Say goodbye and wait a moment for the answer."""
        self._client.close(timeout=CLOSE_WAIT_S)
        self.drop()

    def drop(self) -> None:
        """Be gone, whatever state it is in."""
        self._client.shutdown()  # type: ignore[no-untyped-call]


def read_slowly(raw: Any) -> None:
    """Let the systems on both ends hold little of what a socket that is yet to be connected receives."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)


@contextmanager
def _refusing() -> Iterator[None]:
    """Tell the client's ways of failing to open as ``Refused``."""
    try:
        yield
    except WebSocketBadStatusException as error:
        raise Refused(str(error.status_code)) from error
    except Closed as error:
        raise Refused(str(error.code) if error.code else RESET, error.code) from error
    except WebSocketTimeoutException as error:
        raise Refused(TIMED_OUT) from error
    except WebSocketConnectionClosedException as error:
        raise Refused(RESET) from error
    except (WebSocketException, ValueError) as error:
        raise Refused(GARBLED) from error


@contextmanager
def _closing() -> Iterator[None]:
    """Tell every way in which an open socket ends as ``Closed``, but for a time that is up."""
    try:
        yield
    except WebSocketTimeoutException:
        raise
    except (WebSocketException, OSError) as error:
        raise Closed from error
