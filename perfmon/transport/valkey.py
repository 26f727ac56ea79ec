"""The Valkey stream: any number of processes append, the collector that holds the lease reads, merges and commits.

Exactly-once merging rests on three things. All collectors read as the same consumer, so what a dead leader had received
and not committed is handed to the next one. Blocks, receipts and the sequence numbers seen go into one MULTI/EXEC. That
transaction watches the lease, so a leader that was stopped for longer than its lease commits nothing.
"""

from __future__ import annotations

import secrets
from typing import Any

import redis

from perfmon.conf import Config
from perfmon.exceptions import LeaseLost
from perfmon.store.fine import block_key, keep_s
from perfmon.transport import Commit, Message
from perfmon.valkey import get_client, reaching_valkey

STREAM_LENGTH = 20_000  # windows kept, merged or not: 10 processes for half an hour
BATCH = 2_000
GROUP = CONSUMER = "collector"
FIELD = b"w"

_RENEW = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end"
)
_RESIGN = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class ValkeyTransport:
    """Appends windows to the stream, which trims itself."""

    def __init__(self, config: Config) -> None:
        self._stream = f"{config.prefix}:windows"

    def send(self, packed: bytes) -> None:
        """Append one window; raises TransportError."""
        with reaching_valkey():
            get_client().xadd(self._stream, {FIELD: packed}, maxlen=STREAM_LENGTH, approximate=True)


class ValkeyInbox:
    """One collector's hold on the stream."""

    def __init__(self, config: Config) -> None:
        self._stream = f"{config.prefix}:windows"
        self._lease = f"{config.prefix}:lease"
        self._seen = f"{config.prefix}:seen"
        self._prefix = config.prefix
        self._lease_ms = config.lease_s * 1000
        self._token = secrets.token_hex(8)

    def lead(self) -> bool:
        """Take or renew the lease."""
        with reaching_valkey():
            client = get_client()
            if client.eval(_RENEW, 1, self._lease, self._token, self._lease_ms):
                return True
            return bool(client.set(self._lease, self._token, nx=True, px=self._lease_ms))

    def resume(self) -> tuple[dict[str, str], list[Message]]:
        """Make sure the group exists, and read what any leader received without committing."""
        with reaching_valkey():
            client = get_client()
            try:
                client.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
            seen: Any = client.hgetall(self._seen)
            return {k.decode(): v.decode() for k, v in seen.items()}, self._read("0")

    def receive(self) -> list[Message]:
        """Read what came since."""
        with reaching_valkey():
            try:
                return self._read(">")
            except redis.ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
        self.resume()  # Valkey came back empty
        return []

    def _read(self, since: str) -> list[Message]:
        answer: Any = get_client().xreadgroup(GROUP, CONSUMER, {self._stream: since}, count=BATCH)
        entries = answer[0][1] if isinstance(answer, list) and answer else _only_value(answer)
        return [Message(entry_id, fields[FIELD]) for entry_id, fields in entries if fields]

    def commit(self, commit: Commit) -> None:
        """Write blocks, sequence numbers and acknowledgements in one transaction that watches the lease."""
        with reaching_valkey(), get_client().pipeline(transaction=True) as pipe:
            pipe.watch(self._lease)  # type: ignore[no-untyped-call]
            if pipe.get(self._lease) != self._token.encode():
                raise LeaseLost("another collector holds the lease")
            pipe.multi()
            for (step_s, start), packed in commit.blocks.items():
                pipe.set(block_key(self._prefix, step_s, start), packed, ex=keep_s(step_s))
            if commit.seen:
                pipe.hset(self._seen, mapping=dict(commit.seen.items()))
            if commit.gone:
                pipe.hdel(self._seen, *commit.gone)
            if commit.received:
                pipe.xack(self._stream, GROUP, *commit.received)
            try:
                pipe.execute()
            except redis.WatchError as error:
                raise LeaseLost("the lease changed hands during the commit") from error

    def resign(self) -> None:
        """Delete the lease if it is ours."""
        with reaching_valkey():
            get_client().eval(_RESIGN, 1, self._lease, self._token)


def _only_value(answer: Any) -> Any:
    """Read the other shape of the client's answer, a dict by stream whose value wraps the entries once more."""
    if not answer:
        return []
    (batches,) = answer.values()
    return batches[0] if batches else []
