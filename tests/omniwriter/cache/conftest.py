"""The cache on a real Valkey, and on one that may be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import override_settings

from omniwriter.cache.outage import outage
from tests.fixtures.servers import MortalValkey


def on(url: str) -> dict[str, Any]:
    """Return the settings of caches on a Valkey, as the project's own."""
    connection = {"socket_timeout": 1, "socket_connect_timeout": 0.5, "retry": None, "max_connections": 100}
    options = {"CONNECTION_POOL_KWARGS": connection, "IGNORE_EXCEPTIONS": True}
    cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": f"{url}/2", "KEY_PREFIX": "t", "OPTIONS": options}
    return {"default": cache, "sessions": cache}


@pytest.fixture
def valkey_cache(valkey_url: str) -> Iterator[Any]:
    """An empty cache on Valkey; yields a client of its database."""
    with override_settings(CACHES=on(valkey_url)):
        client = caches["default"].client.get_client(write=True)  # type: ignore[attr-defined]
        yield client
        client.connection_pool.disconnect()


@pytest.fixture
def mortal_cache(mortal_valkey: MortalValkey) -> Iterator[MortalValkey]:
    """The cache on a Valkey that the test kills."""
    with override_settings(CACHES=on(mortal_valkey.url)):
        yield mortal_valkey
        caches["default"].client.get_client(write=True).connection_pool.disconnect()  # type: ignore[attr-defined]
    outage.worked()


@pytest.fixture
def counted() -> Callable[[Any], Any]:
    """Return what makes a function of a value that counts its calls in ``calls``."""

    def make(value: Any) -> Any:
        def function(*, of: object = None) -> Any:
            function.calls += 1  # type: ignore[attr-defined]
            return value() if callable(value) else value

        function.calls = 0  # type: ignore[attr-defined]
        return function

    return make
