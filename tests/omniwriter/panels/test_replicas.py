"""The panel of replicas: who serves reads, in words, with figures of all processes."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from omniwriter.replicas.recorder import KIND
from perfmon.panels import topics
from perfmon.series import SeriesKey, Window, Windows
from perfmon.store import rollups
from perfmon.store.fine import memory_store
from tests.perfmon.panels.seeding import NOW, alive, store

pytestmark = pytest.mark.django_db
SECOND = int(NOW)


@pytest.fixture(autouse=True)
def memory(settings: Any) -> None:
    """perfmon in this process, with nothing stored."""
    settings.PERFMON = {
        "VALKEY_URL": "",
        "LOCAL_COLLECTOR": False,
        "EXTRA_PANELS": django_settings.PERFMON["EXTRA_PANELS"],
    }
    rollups._ids.clear()


def reading(gauges: dict[str, Window]) -> Windows:
    """A second with these readings."""
    return alive() | {SeriesKey(KIND, key): window for key, window in gauges.items()}


def servers(language: str = "") -> dict[str, Any]:
    """Return the panel's rows by alias."""
    topic = f"{language}:data/5m" if language else "data/5m"
    return {row["name"]: row for row in topics.payload(topic, NOW)["panels"]["replicas"]["servers"]}


def well(lag_ms: int = 0) -> Window:
    return Window(1, 0, lag_ms, lag_ms)


def test_a_row_says_who_reads_how_much_and_how_late_it_is() -> None:
    store(
        {
            SECOND - at: reading(
                {
                    "default/reads": Window(10),
                    "replica1/reads": Window(45),
                    "replica2/reads": Window(45),
                    "replica1/state": Window(2, 0, 0, 0),
                    "replica1/lag": well(40),
                    "replica1/behind": well(2048),
                    "replica2/state": Window(2, 0, 0, 0),
                    "replica2/lag": well(),
                }
            )
            for at in range(1, 11)
        }
    )

    rows = servers()

    assert list(rows) == ["default", "replica1", "replica2"]
    assert (rows["default"]["role"], rows["default"]["state"]) == ("primary", "takes all writes")
    assert rows["default"]["share"] == "10.00%" or rows["default"]["share"].startswith("10")
    assert rows["replica1"]["share"].startswith("45")
    assert rows["replica1"]["state"] == "serves reads"
    assert rows["replica1"]["lag"] == "40.0\N{NO-BREAK SPACE}ms"
    assert rows["replica1"]["behind"] == "2.00\N{NO-BREAK SPACE}KiB"
    assert rows["replica2"]["lag"] == "0\N{NO-BREAK SPACE}ms"


@pytest.mark.parametrize(
    ("looks", "words", "is_out"),
    [
        (Window(2, 0, 0, 0), "serves reads", False),
        (Window(2, 2, 0, 0), "too far behind, or catching up", True),
        (Window(2, 2, 2, 1), "does not answer", True),
        (Window(2, 1, 0, 0), "some processes leave it out", True),
        (None, "nobody has looked at it lately", False),
    ],
)
def test_a_replicas_state_stands_in_words(looks: Window | None, words: str, is_out: bool) -> None:
    gauges = {"replica1/reads": Window(1), "replica1/evictions": Window(3)}
    store({SECOND - 1: reading(gauges | ({"replica1/state": looks} if looks else {}))})

    row = servers()["replica1"]

    assert (row["state"], row["is_out"]) == (words, is_out)
    assert row["evictions"] == "3"


def test_a_state_is_that_of_the_last_seconds() -> None:
    out, well_again = {"replica1/state": Window(1, 1, 1, 1)}, {"replica1/state": Window(1)}
    store({SECOND - at: reading(out if at > 4 else well_again) for at in range(1, 15)})

    assert servers()["replica1"]["state"] == "serves reads"


def test_without_replicas_the_page_says_which_setting_names_them(client: Client) -> None:
    memory_store().put({})
    client.force_login(User.objects.create_superuser("op", password="x"))

    page = client.get("/dashboard/data").content.decode()

    assert "DATABASE_REPLICA_URLS" in page
    assert servers() == {}
