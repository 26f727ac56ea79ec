"""How windows get from every process to the one collector: a Valkey stream, or a queue when all is one process.

Both ends are small protocols. Processes ``send``. The collector ``lead``s (one at a time), ``receive``s what nobody has
merged yet and ``commit``s the merged blocks together with the receipt, so that a crash between the two is impossible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change

if TYPE_CHECKING:
    from perfmon.transport.local import LocalQueue


class Transport(Protocol):
    """The sending end."""

    def send(self, packed: bytes) -> None:
        """Hand over one packed process window; raises TransportError and keeps nothing when it can't."""


@dataclass(frozen=True, slots=True)
class Message:
    """One packed process window as it came, with the transport's own name for it."""

    id: bytes
    packed: bytes


@dataclass(slots=True)
class Commit:
    """What one tick of the collector changes, all or nothing."""

    blocks: dict[tuple[int, int], bytes] = field(default_factory=dict)  # (step_s, start) -> packed block
    seen: Mapping[str, str] = field(default_factory=dict)  # process -> "sequence:second" of its last merged window
    gone: tuple[str, ...] = ()  # processes to forget
    received: tuple[bytes, ...] = ()  # ids of the messages merged


class Inbox(Protocol):
    """The collector's end."""

    def lead(self) -> bool:
        """Take or renew the lease; True while this collector is the one. Raises TransportError."""

    def resume(self) -> tuple[dict[str, str], list[Message]]:
        """On taking the lead or after a failed commit: what was seen, and messages received but never committed."""

    def receive(self) -> list[Message]:
        """Return the messages that came since, oldest first and bounded in number. Raises TransportError."""

    def commit(self, commit: Commit) -> None:
        """Store blocks and receipt atomically; raises LeaseLost or TransportError, and then nothing was stored."""

    def resign(self) -> None:
        """Give the lease up, so that another collector need not wait for its end."""


@lru_cache(maxsize=1)
def get_transport() -> Transport:
    """Return this process's sending end, by ``PERFMON["VALKEY_URL"]``."""
    config = get_config()
    if config.valkey_url:
        from perfmon.transport.valkey import ValkeyTransport

        return ValkeyTransport(config)
    return local_queue()


def get_inbox() -> Inbox:
    """Return a new collector's end, by ``PERFMON["VALKEY_URL"]``."""
    config = get_config()
    if config.valkey_url:
        from perfmon.transport.valkey import ValkeyInbox

        return ValkeyInbox(config)
    from perfmon.transport.local import LocalInbox

    return LocalInbox(local_queue())


@lru_cache(maxsize=1)
def local_queue() -> LocalQueue:
    """Return the queue shared by both ends when everything is one process."""
    from perfmon.transport.local import LocalQueue

    return LocalQueue()


on_config_change(get_transport.cache_clear, local_queue.cache_clear)
