"""What the generator is told and what it answers: msgpack maps, one after another, over its stdin and stdout.

In, first the plan, then the others as often as wanted:

- ``{"plan": Plan.to_wire()}``;
- ``{"target": float}``: users (closed) or arrivals a second (open), from now on;
- ``{"stop": true}``: no new requests; those at work are waited for up to the plan's ``timeout_s``.

The end of stdin before a stop breaks off: what is at work is cut and counted as failed, and the process ends. After a
stop it changes nothing, unless nobody reads stdout any more.

Out:

- ``{"ready": true, "locust": "2.47.0", "workers": n}`` once the plan is understood and all workers are there;
- each second, idle or not, ``{"second": unix, "users": n, "busy": n, "target": x, "waiting": n, "cpu_pct": of one core,
  "late_ms": p99 lateness of its own timers, "rows": perfmon.wire.Rows, "failures": {"3": {"503": 2}}}``.
  ``users`` are those who stay (closed) or the pool (open), ``busy`` is the most requests at work at once in that
  second, ``waiting`` are arrivals not yet taken up. Of several processes CPU and lateness are the worst one's, the
  rest is the sum; then ``workers`` says how many are left, and ``note`` what was lost;
- at the end ``{"end": true, "sent": {"3": n}, "answered": {"3": n}, "failures": {"3": {reason: n}}, "lost": workers}``;
- instead, when it can't go on, ``{"error": sentence, "field": what to mend}``; the exit code is then 2.

Rows are by kind and action number, times in ns. ``latency`` runs from the intended start to the answer's last byte,
``service`` from the sending (a new connection included), ``server`` and ``queue`` are ``Server-Timing``'s ``app`` and
``queue``, ``gap`` is service less both, only where the server told its time. Failed ones stay in latency (where they
are the errors) and service.

Counting. A request is *sent* when its bytes went to a connection that stood, so the server may have seen it; it is
*answered* when the answer's head and body are here whole, whatever the status. So the server's own count is at least
``answered`` and at most ``sent``; nothing is ever sent twice. An arrival that was never sent - more waited than
``MAX_WAITING``, or it still waited when the run was stopped - and a request that got no connection are not in ``sent``,
but are failures and latency's errors: the record does not hide them. Of every action, over all frames, latency's count
is ``answered`` and the failures without a status together.
"""

from __future__ import annotations

import math
from typing import Any

import msgpack

#: Why a request failed: one of these, or the status of an answer that the action does not expect.
TIMED_OUT, REFUSED, UNREACHABLE, RESET, CUT = "timed out", "refused", "unreachable", "reset", "cut"
UNTRUSTED, GARBLED, NOT_SENT, BROKEN = "untrusted", "garbled", "not sent", "broken"
REASONS = (TIMED_OUT, REFUSED, UNREACHABLE, UNTRUSTED, RESET, CUT, GARBLED, NOT_SENT, BROKEN)

#: Arrivals that may wait at once, of one process.
MAX_WAITING = 20_000
MAX_TARGET = 100_000.0
MAX_MESSAGE_BYTES = 16 * 1024 * 1024

#: Holds what a worker must know to be given the plan, with the sessions in it.
SECRET_VARIABLE = "PERFMON_LOADTEST_SECRET"  # noqa: S105 - its name

Message = dict[str, Any]


class PlanError(Exception):
    """What was told can't be done; ``field`` is where to mend it. Never holds a header's value."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def pack(message: Message) -> bytes:
    """Return one message as it travels."""
    return bytes(msgpack.packb(message))


class Inbox:
    """Makes messages of bytes as they come."""

    def __init__(self) -> None:
        self._unpacker = msgpack.Unpacker(max_buffer_size=MAX_MESSAGE_BYTES)

    def feed(self, told: bytes) -> list[Message]:
        """Return the messages now complete; raises PlanError when they are no msgpack maps."""
        try:
            self._unpacker.feed(told)
            messages = list(self._unpacker)
        except (msgpack.UnpackException, ValueError, msgpack.BufferFull) as error:
            raise PlanError(f"What came over stdin is not msgpack ({type(error).__name__}).", "stdin") from error
        if not all(isinstance(message, dict) for message in messages):
            raise PlanError("What came over stdin is msgpack, but not a map.", "stdin")
        return messages


def target_of(message: Message) -> float:
    """Return a told target; raises PlanError unless it is a number from 0 to ``MAX_TARGET``."""
    told = message["target"]
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise PlanError(f"The target {told!r} is not a number.", "target")
    if not 0 <= told <= MAX_TARGET:
        raise PlanError(f"The target {told:g} is not between 0 and {MAX_TARGET:g}.", "target")
    return float(told)
