"""A store in memory that each test fills itself."""

from __future__ import annotations

import pytest

from perfmon.store import rollups


@pytest.fixture(autouse=True)
def memory(settings) -> None:
    """perfmon without Valkey, with nothing stored."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1", "RELEASE": "a1b2c3"}
    rollups._ids.clear()  # rows of the test before are gone, and with them their numbers
