"""What goes wrong between a user and the server, and the one word each of it has in the figures."""

from __future__ import annotations

from ssl import SSLCertVerificationError

from gevent import GreenletExit, Timeout
from geventhttpclient.response import HTTPParseError

from perfmon.loadtest.generator.connections import CutOffError
from perfmon.loadtest.generator.protocol import CUT, GARBLED, REFUSED, RESET, TIMED_OUT, UNREACHABLE, UNTRUSTED

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (Timeout, TIMED_OUT),
    (TimeoutError, TIMED_OUT),
    (ConnectionRefusedError, REFUSED),
    (ConnectionError, RESET),
    (HTTPParseError, GARBLED),
    (CutOffError, CUT),
    (GreenletExit, CUT),
    (SSLCertVerificationError, UNTRUSTED),
    (OSError, UNREACHABLE),
)
FAULTS = tuple(kind for kind, _ in _REASONS)


def reason_of(fault: BaseException) -> str:
    """Return the word for one of ``FAULTS``."""
    return next(reason for kind, reason in _REASONS if isinstance(fault, kind))
