"""What a client of the served site can do to it, over real connections."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from omniwriter.stack.ports import LOOPBACK
from tests.omniwriter.bridge.conftest import Served
from tests.omniwriter.bridge.served import CHUNK, QUEUE, THREADS
from tests.waiting import eventually

MIB = 1 << 20


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """A client of the served project."""
    with httpx.Client(base_url=served.url, timeout=30) as client:
        yield client


def connect(served: Served, request: bytes) -> socket.socket:
    connection = socket.create_connection((LOOPBACK, served.port), timeout=10)
    connection.sendall(request)
    return connection


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    while chunk := connection.recv(65_536):
        answer += chunk
    return answer


def test_a_request_is_answered_in_one_piece_with_its_length(client: httpx.Client) -> None:
    response = client.get("/")

    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"hello", "5")


def test_an_upload_of_100_mb_arrives_whole_and_is_kept_on_disk_not_in_memory(
    client: httpx.Client, served: Served
) -> None:
    client.get("/")
    before_bytes, peak_bytes = served.process.memory_info().rss, 0
    digest = hashlib.sha256()

    def body() -> Iterator[bytes]:
        nonlocal peak_bytes
        for number in range(100):
            piece = bytes([number]) * MIB
            digest.update(piece)
            yield piece
            peak_bytes = max(peak_bytes, served.process.memory_info().rss)

    answer = client.post("/upload", content=body(), headers={"content-length": str(100 * MIB)}).json()

    peak_bytes = max(peak_bytes, served.process.memory_info().rss)
    assert answer == {"size": 100 * MIB, "sha256": digest.hexdigest(), "declared": str(100 * MIB)}
    assert peak_bytes - before_bytes < 20 * MIB


def test_a_chunked_body_without_a_length_reaches_django_whole(client: httpx.Client) -> None:
    answer = client.post("/upload", content=iter([b"a" * 1000, b"b" * 1000])).json()

    assert answer["size"] == 2000
    assert answer["declared"] == "2000"


def test_an_uploaded_file_is_parsed_by_django(client: httpx.Client) -> None:
    assert client.post("/form", files={"file": b"x" * (3 * MIB)}).json() == {"file": 3 * MIB}


def test_a_body_past_the_limit_is_refused_before_it_is_sent(served: Served) -> None:
    request = b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (129 * MIB)
    with connect(served, request) as connection:
        head = connection.recv(65_536)

    assert head.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in head


def test_a_body_that_grows_past_the_limit_is_refused_and_its_sender_gets_to_read_that(served: Served) -> None:
    with connect(served, b"POST /upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n") as connection:
        piece = b"%x\r\n%s\r\n" % (MIB, b"x" * MIB)
        for _ in range(140):
            connection.sendall(piece)
        connection.sendall(b"0\r\n\r\n")
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 413")


def test_a_streamed_answer_arrives_whole(client: httpx.Client) -> None:
    assert client.get("/stream/300").content == CHUNK * 300


def test_a_stream_is_read_off_its_cursor_by_one_thread(client: httpx.Client) -> None:
    assert client.get("/rows").text.split() == [str(number) for number in range(1, 5001)]


def test_a_stream_that_fails_is_cut_off_so_that_nobody_takes_it_for_whole(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/broken")

    assert client.get("/").content == b"hello"


def test_a_file_and_a_large_answer_arrive_whole(client: httpx.Client) -> None:
    assert hashlib.sha256(client.get("/download").content).digest() == hashlib.sha256(CHUNK * 1024).digest()
    assert client.get("/large").content == CHUNK * 640


def test_head_tells_the_length_and_sends_nothing(served: Served) -> None:
    for path, length in ((b"/", b"5"), (b"/large", b"5242880"), (b"/download", b"8388608")):
        with connect(served, b"HEAD %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" % path) as connection:
            head, _, body = read_all(connection).partition(b"\r\n\r\n")

        assert b"content-length: %s" % length in head.lower()
        assert body == b""


def test_a_view_that_fails_is_answered_500_and_its_thread_goes_on(client: httpx.Client) -> None:
    assert [client.get("/boom").status_code for _ in range(2 * THREADS)] == [500] * 2 * THREADS
    assert client.get("/").status_code == 200


def test_a_client_that_leaves_in_the_middle_of_a_stream_ends_it(client: httpx.Client, served: Served) -> None:
    closed = served.tally()["closed"]
    for _ in range(2 * THREADS):
        with client.stream("GET", "/stream/1000000") as response:
            next(response.iter_raw())

    eventually(lambda: served.tally()["closed"] == closed + 2 * THREADS)
    assert client.get("/").content == b"hello"


def test_a_client_that_leaves_in_the_middle_of_its_body_costs_nothing(served: Served) -> None:
    request = b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\nhalf"
    for _ in range(2 * (THREADS + QUEUE)):
        connect(served, request).close()

    assert httpx.get(served.url).content == b"hello"


def test_500_half_sent_requests_keep_nobody_waiting(client: httpx.Client, served: Served) -> None:
    half = (
        b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ",
        b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf",
    )
    slow = [connect(served, half[number % 2]) for number in range(500)]
    try:
        started_s = time.monotonic()
        answers = [client.get("/").status_code for _ in range(50)]
        took_s = time.monotonic() - started_s
        slow[1].sendall(b"x" * 996)
        finished = slow[1].recv(65_536)
    finally:
        for connection in slow:
            connection.close()

    assert answers == [200] * 50
    assert took_s < 15
    assert finished.startswith(b"HTTP/1.1 200")


def test_clients_that_read_a_stream_slowly_leave_the_threads_to_others(client: httpx.Client, served: Served) -> None:
    readers = [connect(served, b"GET /stream/100000 HTTP/1.1\r\nhost: x\r\n\r\n") for _ in range(2 * THREADS)]
    try:
        assert all(reader.recv(15) == b"HTTP/1.1 200 OK" for reader in readers)
        assert [client.get("/").status_code for _ in range(20)] == [200] * 20
    finally:
        for reader in readers:
            reader.close()
    eventually(lambda: served.tally()["threads"] < 3 * THREADS)


def test_what_neither_a_thread_nor_the_queue_has_room_for_is_told_when_to_come_back(served: Served) -> None:
    refused = served.tally()["refused"]
    request = b"GET /sleep/300 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    asked = [connect(served, request) for _ in range(3 * (THREADS + QUEUE))]
    answers = [read_all(connection) for connection in asked]
    for connection in asked:
        connection.close()

    busy = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503")]
    assert len(answers) - len(busy) >= THREADS + QUEUE
    assert busy
    assert all(b"\r\nretry-after: 1\r\n" in answer and len(answer) < 300 for answer in busy)
    assert served.tally()["refused"] == refused + len(busy)


def test_a_thread_keeps_its_database_connection_and_no_request_sees_anothers_context(client: httpx.Client) -> None:
    told = [client.get("/where").json() for _ in range(8 * THREADS)]

    assert len({answer["connection"] for answer in told}) <= THREADS
    assert len({(answer["thread"], answer["connection"]) for answer in told}) <= THREADS
    assert {answer["before"] for answer in told} == {"nothing"}
