"""Requests over a connection: kept, opened anew when it was closed, failed by what happened and never for ever."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from perfmon.perftest.addresses import Address
from perfmon.perftest.connections import Connection


def get(address, count=1, timeout_s=5.0, **options):
    with closing(Connection(address, timeout_s=timeout_s, **options)) as connection:
        return [connection.get("/it") for _ in range(count)], connection.opened


def test_a_connection_is_kept_as_long_as_the_server_keeps_it(serve, ok):
    server = serve(ok)
    exchanges, opened = get(server.address, 20)
    assert [one.failure for one in exchanges] == [""] * 20
    assert (opened, server.connections, server.requests) == (1, 1, 20)
    assert all(one.duration_ns > 0 for one in exchanges)


def test_one_that_the_server_announces_to_close_is_opened_anew(serve):
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    exchanges, opened = get(serve(lambda connection, *_: connection.sendall(head)).address, 3)
    assert [one.failure for one in exchanges] == [""] * 3
    assert opened == 3


def test_one_that_was_closed_while_idle_fails_no_request(serve):
    def answer_once(connection: socket.socket, route: str, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.shutdown(socket.SHUT_RDWR)

    with closing(Connection(serve(answer_once).address, timeout_s=5)) as connection:
        for _ in range(2):
            assert connection.get("/").failure == ""
            assert connection.socket.recv(1, socket.MSG_PEEK) == b""  # waits for the end
        assert connection.opened == 2


def test_another_status_than_expected_is_a_failure_by_its_number(serve):
    def answer(connection: socket.socket, route: str, number: int) -> None:
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (204 if number else 503))

    server = serve(answer)
    exchanges, opened = get(server.address, 2, expects=(204,))
    assert [one.failure for one in exchanges] == ["503", ""]
    assert opened == 1


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        (b"", "connection closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "connection closed"),
        (b"what?\r\n\r\n", "malformed answer"),
    ],
)
def test_a_connection_that_breaks_is_a_failure_by_what_happened(serve, sent, word):
    def answer(connection: socket.socket, route: str, number: int) -> None:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_RDWR)

    exchanges, _ = get(serve(answer).address)
    assert exchanges[0].failure == word


def test_a_server_that_sends_a_byte_now_and_then_is_given_up_when_the_time_is_over(serve):
    def drip(connection: socket.socket, route: str, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connection.sendall(b"x")

    exchanges, _ = get(serve(drip).address, timeout_s=0.2)
    assert exchanges[0].failure in ("timed out", "")  # a million bytes may be there in time


def test_nobody_there_is_a_failure_too():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    exchanges, opened = get(Address("http", "127.0.0.1", port))
    assert exchanges[0].failure == "connection refused"
    assert opened == 0


def test_the_request_names_route_and_host(serve):
    heads: list[bytes] = []

    class Keeping:
        def __call__(self, connection: socket.socket, route: str, number: int) -> None:
            heads.append(route.encode())
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    get(serve(Keeping()).address)
    assert heads == [b"/it"]
