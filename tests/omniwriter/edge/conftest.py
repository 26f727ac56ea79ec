"""The project's own middleware, handler and bridge behind an edge, with views of the tests'."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application

from omniwriter.bridge import Bridge
from omniwriter.cache import changes
from omniwriter.edge import Edge, table
from perfmon.ingest import ingest
from perfmon.recorders import install_recorders, uninstall_recorders
from perfmon.series import Windows
from perfmon.transport import local_queue
from perfmon.wire import merge_rows, unpack_process_window
from tests.fixtures.serving import serving_here

Serve = Callable[[Any, Any], int]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers live for an hour: a busy machine may take a second between two lines."""
    monkeypatch.setattr(table, "LIFE_NS", 3600 * 10**9)
    monkeypatch.setattr(table, "RENEW_NS", 3000 * 10**9)


@pytest.fixture
def bridge(settings) -> Bridge:
    """The way into Django, as the site is served."""
    settings.ROOT_URLCONF = "tests.omniwriter.edge.urls_kept"
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]  # no error pages of the site
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    return Bridge(get_wsgi_application(), threads=2, queue=8, limit_bytes=1 << 20)


@pytest.fixture
def edge(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """An edge in front of it that hears of changes."""
    edge = Edge(bridge, limit_bytes=1 << 20)
    monkeypatch.setattr(changes, "_listeners", [*changes._listeners, edge.table.drop])
    return edge


@pytest.fixture
def recorded() -> Iterator[Callable[[], Windows]]:
    """Return what this process has recorded since the test began; only the test flushes."""
    uninstall_recorders()
    ingest.stop()
    threaded, ingest.threaded = ingest.threaded, False
    ingest.clear()
    local_queue().take()
    install_recorders()

    def read() -> Windows:
        ingest.flush(1_800_000_000)
        windows: Windows = {}
        for message in local_queue().take():
            merge_rows(windows, unpack_process_window(message.packed).rows)
        return windows

    yield read
    uninstall_recorders()
    ingest.clear()
    ingest.threaded = threaded


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an application with a protocol on a free port: ``serve(application, protocol)``."""
    with contextlib.ExitStack() as stack:
        yield lambda application, protocol: stack.enter_context(
            serving_here(application, http=protocol, lifespan="off")
        )
