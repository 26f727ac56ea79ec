"""What the generator is told to do: pure values that travel to its process, which knows nothing of Django.

A plan names its *actions* by number; the windows that come back, and those the server makes of marked requests, have
that number as their key. A *session* is what makes a request somebody's: headers with their cookie and tokens.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

OPEN, CLOSED = "open", "closed"
MODELS = (OPEN, CLOSED)
#: Every request of a load test carries it: ``run.signature.action``, see ``perfmon.loadtest.marks``.
MARK_HEADER = "X-Perfmon-Load"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing users do. ``name`` is method and route, never a full address: ``GET /api/articles/<id>``.

    ``choices`` fills ``{word}`` in ``path`` and in ``body``'s texts, another value each time; ``{n}`` counts up.
    ``kind`` is ``http`` or ``websocket``; ``perfmon.loadtest.sockets`` makes those of the second.
    An answer whose status is not in ``expects`` is an error. ``safe`` ones change nothing.
    """

    name: str
    path: str
    method: str = "GET"
    weight: int = 1
    kind: str = "http"
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    expects: tuple[int, ...] = (200,)
    needs_session: bool = False

    @property
    def safe(self) -> bool:
        """Whether it may be repeated at will."""
        return self.kind == "http" and self.method in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Session:
    """What a user sends with every request: ``Cookie``, ``X-CSRFToken``, ``Authorization``. Never logged or stored."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """All a generator needs before the first target. ``think_s`` is the pause of a closed user between two actions.

    ``host`` is scheme, name and port without a slash at the end; ``mark`` is ``run.signature``. ``most_users`` bounds
    the requests at work at once in the open model. ``workers`` more processes share the load, 0: one does all.
    """

    host: str
    mark: str
    model: str
    actions: tuple[Action, ...]
    sessions: tuple[Session, ...] = ()
    think_s: tuple[float, float] = (1.0, 3.0)
    timeout_s: float = 30.0
    most_users: int = 200
    workers: int = 0
    seed: int = 0

    def to_wire(self) -> dict[str, Any]:
        """Return plain values for the pipe."""
        return asdict(self)

    @classmethod
    def from_wire(cls, told: dict[str, Any]) -> Plan:
        """Read what ``to_wire`` made."""
        actions = tuple(Action(**{**one, "expects": tuple(one["expects"])}) for one in told["actions"])
        sessions = tuple(Session(**one) for one in told["sessions"])
        return cls(**{**told, "actions": actions, "sessions": sessions, "think_s": tuple(told["think_s"])})
