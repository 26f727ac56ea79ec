"""What tests of tasks and queues share: a trace, and a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perfmon.context import carried
from tests.fixtures.site import using_broker

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def traced() -> Iterator[str]:
    """This test is part of a trace, as a request is."""
    token = carried.set(TRACE)
    yield TRACE
    carried.reset(token)


@pytest.fixture
def broker(valkey_url: str) -> Iterator[str]:
    """This process sends its tasks to a real broker."""
    with using_broker(valkey_url):
        yield valkey_url
