"""Websockets as actions of a load test: one that opens them, and beside it one that stands for what they bring."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from perfmon.loadtest.plans import Action

WEBSOCKET = "websocket"
SWITCHING_PROTOCOLS = 101


@dataclass(frozen=True, slots=True)
class Watch:
    """What a socket watches and for how long; with ``read_every_s`` it takes one message in so many seconds."""

    topic: str
    last_s: float = 30.0
    read_every_s: float = 0.0

    @property
    def slow(self) -> bool:
        """Whether it reads slower than the server writes, so that the server may skip frames for it."""
        return self.read_every_s > 0

    @classmethod
    def of(cls, body: Any) -> Watch:
        """Read an action's body; raises ValueError saying what is wrong with it."""
        try:
            watch = cls(**body)
            fits = isinstance(watch.topic, str) and watch.topic and watch.last_s > 0 and watch.read_every_s >= 0
        except TypeError:
            fits = False
        if not fits:
            raise ValueError("its body holds a topic, last_s above 0 and perhaps read_every_s.")
        return watch


def socket_actions(path: str, watch: Watch, *, who: str = "", weight: int = 1) -> tuple[Action, Action]:
    """Return the two actions of users who watch a topic; they stay neighbours in the plan, in this order.

    The figures have one line for each action's number, and a socket has two kinds of figures that don't add up. So the
    first action opens sockets and counts connects: latency until the server has let the user in. The second has no
    weight, so nobody ever begins it: its number carries the frames that the first one's sockets bring, in the kind
    ``frame``, each with its delay from when the payload was made until it was read. So frames are in no total of
    requests. Their errors are frames that are missing (``gap``), came twice (``doubled``) or did not come for three
    seconds (``silent``), what the server calls wrong, and the codes of sockets it closed.

    What a slow reader misses the protocol allows: it is counted in the kind ``skipped`` and is no error.
    """
    name = f"WS {path}" + (f" {who}" if who else "")
    opens = Action(
        f"{name} connect", path, kind=WEBSOCKET, weight=weight, body=asdict(watch), expects=(SWITCHING_PROTOCOLS,),
        needs_session=True,
    )  # fmt: skip
    return opens, Action(f"{name} frames", path, kind=WEBSOCKET, weight=0)


def stands_for_frames(action: Action) -> bool:
    """Whether an action is the second of such a pair."""
    return action.kind == WEBSOCKET and action.weight == 0 and action.body is None
