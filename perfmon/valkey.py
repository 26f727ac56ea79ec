"""The one way perfmon opens connections to Valkey: bounded waits, bounded pools, errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import redis

from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change
from perfmon.exceptions import TransportError

TIMEOUT_S = 1.0
MAX_CONNECTIONS = 20


@lru_cache(maxsize=1)
def get_client() -> redis.Redis:
    """Return this process's client; every command waits at most ``TIMEOUT_S`` and is never retried behind our back."""
    return redis.Redis.from_url(
        get_config().valkey_url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        max_connections=MAX_CONNECTIONS,
        retry=None,
        retry_on_error=[],
    )


@contextmanager
def reaching_valkey() -> Iterator[None]:
    """Turn any of the client's errors into TransportError."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise TransportError(f"Valkey can't be reached: {error}") from error


on_config_change(get_client.cache_clear)
