"""The budget of database connections is checked against a real server, and a refusal says the sums and the fix."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from pytest_django.fixtures import Settings

from omniwriter import budget
from omniwriter.budget import Claim, Pool, Server, overdraft
from omniwriter.stack.errors import StackError
from omniwriter.stack.ports import LOOPBACK, free_port
from omniwriter.stack.prepare import check_budget
from omniwriter.stack.profiles import Options, connection_claims, fitting_pool
from tests.fixtures.servers import aliased

WEB, OTHERS = Claim("web", 2, Pool(20, 30)), Claim("others", 5, Pool(2, 3))


@pytest.fixture
def pooled(postgres_url: str, django_db_blocker):
    """An alias with a pool, on a server that takes 100 connections."""
    with aliased(postgres_url, "pooled"), django_db_blocker.unblock():
        connections["pooled"].settings_dict["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 50}
        connections["pooled"].settings_dict["CONN_MAX_AGE"] = 0
        yield "pooled"
        connections["pooled"].close()
        connections["pooled"].close_pool()


def found(settings: Settings, **variables: int) -> list[tuple[str | None, str, str | None]]:
    """Return what the check of a database says with these variables."""
    settings.ENV = {**settings.ENV, **variables}
    messages = run_checks(tags=["database"], databases=["pooled"])
    return [(message.id, message.msg, message.hint) for message in messages if (message.id or "").startswith("omni")]


def test_processes_that_fit_pass(settings: Settings, pooled: str) -> None:
    assert found(settings, OMNI_PROCESSES=1) == []


def test_processes_that_do_not_fit_are_refused_with_the_sums_and_the_fix(settings: Settings, pooled: str) -> None:
    ((number, message, hint),) = found(settings, OMNI_PROCESSES=7)

    assert number == "omniwriter.E002"
    assert "7 processes × (20 + 30) = 350, but it takes 100 less 3 reserved = 97." in message
    assert hint == (
        "Set OMNI_DB_POOL_SIZE=13 and OMNI_DB_POOL_OVERFLOW=0, or start fewer processes, "
        "or set max_connections of the server to 353 or more."
    )


def test_the_fix_that_is_told_is_one(settings: Settings, pooled: str) -> None:
    fixed = {"OMNI_PROCESSES": 7, "OMNI_DB_POOL_SIZE": 13, "OMNI_DB_POOL_OVERFLOW": 0}

    assert found(settings, **fixed) == []
    assert found(settings, **fixed | {"OMNI_DB_POOL_SIZE": 14}) != []


def test_the_command_that_checks_a_deployment_fails(settings: Settings, pooled: str) -> None:
    settings.ENV = {**settings.ENV, "OMNI_PROCESSES": 7}

    with pytest.raises(CommandError, match="E002"):
        call_command("check", databases=["pooled"])


def test_a_server_that_can_not_be_asked_is_warned_of(settings: Settings, pooled: str) -> None:
    connections[pooled].settings_dict["PORT"] = free_port()
    connections[pooled].settings_dict["OPTIONS"]["pool"]["timeout"] = 0.1
    ((number, message, _),) = found(settings)

    assert number == "omniwriter.W002"
    assert "can't be asked" in message


def test_databases_without_a_pool_have_no_budget(db: None) -> None:
    assert budget.servers(["default"]) == []


def test_two_databases_of_one_server_are_added_up(pooled: str, postgres_url: str, django_db_blocker) -> None:
    with aliased(postgres_url.replace(LOOPBACK, "localhost"), "other"):
        connections["other"].settings_dict["OPTIONS"]["pool"] = True
        connections["other"].settings_dict["CONN_MAX_AGE"] = 0
        (server,) = budget.servers([pooled, "other"])
        connections["other"].close()
        connections["other"].close_pool()

    assert server.aliases == ("pooled", "other")
    message, _ = overdraft(server, [Claim("processes", 1, Pool(20, 30))])
    assert "2 databases × (1 processes × (20 + 30)) = 100" in message


def test_a_start_with_too_many_processes_is_refused(pooled: str) -> None:
    with pytest.raises(
        StackError, match=r"2 web × \(20 \+ 30\) \+ 5 others × \(2 \+ 3\) = 125, .* Set OMNI_DB_POOL_SIZE=20 and"
    ):
        check_budget([WEB, OTHERS], [pooled])
    check_budget([Claim("web", 1, Pool(20, 30)), OTHERS], [pooled])


def test_a_replica_that_is_away_does_not_keep_the_site_from_starting(pooled: str) -> None:
    connections[pooled].settings_dict["PORT"] = free_port()
    connections[pooled].settings_dict["OPTIONS"]["pool"]["timeout"] = 0.1

    check_budget([WEB, OTHERS], [pooled])
    with pytest.raises(OperationalError):
        budget.servers([pooled])


def test_more_processes_than_connections_can_only_be_fewer() -> None:
    message, hint = overdraft(Server(("default",), 10, 3), [Claim("web", 9, Pool(1, 0))])

    assert "9 web × (1 + 0) = 9" in message
    assert hint == "Start fewer processes, or set max_connections of the server to 12 or more."


@pytest.mark.parametrize(("web", "pool"), [(1, Pool(20, 30)), (2, Pool(20, 30)), (4, Pool(20, 21)), (10, Pool(16, 0))])
def test_the_clusters_pools_fit_its_servers_whatever_the_number_of_web_processes(web: int, pool: Pool) -> None:
    options = Options(LOOPBACK, 8000, web, "cluster")
    chosen = fitting_pool(options, Pool(20, 30), 200)

    assert chosen == pool
    assert overdraft(Server(("default",), 200, 3), connection_claims(options, chosen)) == ("", "")
