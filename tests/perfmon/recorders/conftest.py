"""What tests of tasks and queues share: a trace, and a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omniwriter.celery import app
from omniwriter.settings import celery_url
from perfmon.context import carried
from tests.fixtures.site import forget_connections

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
    from kombu import pools

    before = {name: app.conf[name] for name in ("broker_url", "result_backend", "task_always_eager")}
    url = celery_url(valkey_url)
    app.conf.update(broker_url=url, result_backend=url, task_always_eager=False)
    forget_connections(app)
    yield valkey_url
    pools.reset()
    app.conf.update(before)
    forget_connections(app)
