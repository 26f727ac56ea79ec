"""Settings of replicas that can't work are refused before anybody reads from them."""

from __future__ import annotations

import pytest

from omniwriter.replicas.checks import check_replicas
from omniwriter.replicas.servers import replica_aliases
from omniwriter.settings import database, replica

from .conftest import as_databases


@pytest.mark.parametrize(
    ("primary", "replicas", "ids"),
    [
        ("postgres://a/x", [], []),
        ("postgres://a/x", ["postgres://b/x", "postgres://a:5433/x"], []),
        ("sqlite:////tmp/none.sqlite3", ["postgres://b/x"], ["omniwriter.E011"]),
        ("postgres://a/x", ["postgres://A:5432/x"], ["omniwriter.E012"]),
        ("postgres://127.0.0.1/x", ["postgres://localhost/x"], ["omniwriter.E012"]),
        ("postgres://a/x", ["postgres://b/x", "postgres://c/x", "postgres://b:5432/x"], ["omniwriter.E013"]),
        ("postgres://a/x", ["postgres://b/y"], ["omniwriter.E014"]),
    ],
)
def test_what_can_be_no_replica_is_refused_with_what_to_do(primary: str, replicas: list[str], ids: list[str]) -> None:
    configs = {"default": database(primary)}
    configs |= {f"replica{number}": replica(url) for number, url in enumerate(replicas, 1)}
    with as_databases(configs):
        replica_aliases.cache_clear()
        found = check_replicas(None)

    assert [message.id for message in found] == ids
    assert all("DATABASE_REPLICA_URLS" in str(message.hint) for message in found)
