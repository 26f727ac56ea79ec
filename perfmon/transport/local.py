"""The queue used when everything is one process: same promises as the stream, nothing outlives the process."""

from __future__ import annotations

import itertools
import threading
from collections import deque

from perfmon.store.fine import memory_store
from perfmon.transport import Commit, Message

QUEUE_LENGTH = 1_000


class LocalQueue:
    """A bounded queue of packed windows; the oldest go first when nobody collects them."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque(maxlen=QUEUE_LENGTH)
        self._ids = itertools.count(1)
        self.collecting = threading.Lock()  # the lease: one collector in this process

    def send(self, packed: bytes) -> None:
        """Append one window."""
        self._waiting.append(Message(str(next(self._ids)).encode(), packed))

    def take(self) -> list[Message]:
        """Remove and return what waits."""
        taken = []
        while self._waiting:
            taken.append(self._waiting.popleft())
        return taken


class LocalInbox:
    """The collecting end of a LocalQueue; uncommitted messages are handed out again after a failure."""

    def __init__(self, queue: LocalQueue) -> None:
        self._queue = queue
        self._leading = False
        self._uncommitted: dict[bytes, Message] = {}
        self._seen: dict[str, str] = {}

    def lead(self) -> bool:
        """Hold the queue's lock for as long as this collector runs."""
        self._leading = self._leading or self._queue.collecting.acquire(blocking=False)
        return self._leading

    def resume(self) -> tuple[dict[str, str], list[Message]]:
        """Return what was seen and what was received without being committed."""
        return dict(self._seen), list(self._uncommitted.values())

    def receive(self) -> list[Message]:
        """Return what came since."""
        messages = self._queue.take()
        self._uncommitted.update({message.id: message for message in messages})
        return messages

    def commit(self, commit: Commit) -> None:
        """Write the blocks to the process's memory."""
        memory_store().put(commit.blocks)
        self._seen.update(commit.seen)
        for process in commit.gone:
            self._seen.pop(process, None)
        for message_id in commit.received:
            self._uncommitted.pop(message_id, None)

    def resign(self) -> None:
        """Let another collector of this process take over."""
        if self._leading:
            self._leading = False
            self._queue.collecting.release()
