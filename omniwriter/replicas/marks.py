"""What a session or a token has committed last, kept on Valkey for the processes that serve it next.

An owner is a digest, so that neither a session's key nor a token stands on Valkey.
"""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.core.cache import caches

from omniwriter.replicas.lsn import format_lsn, parse_lsn

ALIAS = "sessions"  # whose Valkey throws nothing away to make room
KEPT_S = 3600  # a replica that is later than that serves nobody
LEFT_ALONE_S = 5.0  # after a failure; longer than a live replica may be late, so a mark that was not set is not missed
DIGEST_BYTES = 16

_away_until = float("-inf")


class MarksAwayError(Exception):
    """Valkey does not answer, or there is none: what an owner has committed is not known."""


def owner_of(kind: str, secret: str) -> str:
    """Return the owner that a session's key or a token stands for."""
    return hashlib.blake2b(f"{kind}:{secret}".encode(), digest_size=DIGEST_BYTES).hexdigest()


def put_mark(owner: str, lsn: int) -> None:
    """Keep how far the log was when the owner committed; raises MarksAwayError."""
    _call("SET", f"{_prefix()}{owner}", format_lsn(lsn), "EX", KEPT_S)


def get_mark(owner: str) -> int:
    """Return what was kept for an owner, 0 when nothing was; raises MarksAwayError."""
    found = _call("GET", f"{_prefix()}{owner}")
    return parse_lsn(found.decode()) if found else 0


def _call(*command: Any) -> Any:
    global _away_until
    if time.monotonic() < _away_until:
        raise MarksAwayError
    client = getattr(caches[ALIAS], "client", None)
    if client is None:
        raise MarksAwayError
    try:
        return client.get_client(write=True).execute_command(*command)
    except (redis.RedisError, OSError) as error:
        _away_until = time.monotonic() + max(LEFT_ALONE_S, 2 * settings.REPLICA_MAX_LAG_MS / 1000)
        raise MarksAwayError from error


@lru_cache(maxsize=1)
def _prefix() -> str:
    return f"{caches[ALIAS].key_prefix}:committed:"
