"""Marks: what tells a load test's requests apart from everybody else's, so that the server counts them by themselves.

``X-Perfmon-Load: 12.3f9a….3`` names the run, its signature and the action. Only who holds the site's secret key can
make a signature, so nobody else can start series or learn durations. Light: the hot path of every request imports it.
"""

from __future__ import annotations

import re

from django.utils.crypto import constant_time_compare, salted_hmac

from perfmon.loadtest.plans import MARK_HEADER

#: The header in a WSGI environ, and in an ASGI scope.
MARK_KEY = f"HTTP_{MARK_HEADER.upper().replace('-', '_')}"
MARK_NAME = MARK_HEADER.lower().encode()

SALT = "perfmon.loadtest"
SIGNATURE_CHARS = 20  # 80 bits
MAX_ACTIONS = 100
MAX_KEPT = 16  # marks of runs: one is under way at a time, the next may begin before its last requests are through

_ACTIONS = frozenset(map(str, range(MAX_ACTIONS)))
_MARK = re.compile(rf"(0|[1-9][0-9]{{0,18}})\.([0-9a-f]{{{SIGNATURE_CHARS}}})")
_runs: dict[str, str] = {}  # run by mark, of those whose signature was found right


def mark_of(run_id: int) -> str:
    """Return a run's mark, ``12.signature``; its requests add the action's number to it.

    0 is no run: its requests are told their time and counted apart from everybody's, and nobody asks for the counts.
    """
    return f"{run_id}.{_signature(str(run_id))}"


def read_mark(header: str) -> str:
    """Return the series key ``12/3`` of a header ``12.signature.3``, empty for anything else; never raises.

    A signature is computed once for each mark that is right, and each time for one that is not (4 us): what strangers
    make up is never kept.
    """
    mark, _, action = header.rpartition(".")
    if action not in _ACTIONS:
        return ""
    run = _runs.get(mark) or _verified(mark)
    return f"{run}/{action}" if run else ""


def _verified(mark: str) -> str:
    """Return the run of a mark and keep it, empty when the signature is not the run's."""
    match = _MARK.fullmatch(mark)
    if match is None or not constant_time_compare(match[2], _signature(match[1])):
        return ""
    if len(_runs) >= MAX_KEPT:
        _runs.clear()
    _runs[mark] = match[1]
    return match[1]


def _signature(run: str) -> str:
    return salted_hmac(SALT, run, algorithm="sha256").hexdigest()[:SIGNATURE_CHARS]
