"""Back-pressure, slow clients and a stop under load."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

HALF_A_REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"


def test_past_the_queue_the_answer_is_503_and_says_when_to_try_again(bridged):
    release = threading.Event()

    def application(environ, start_response):
        assert release.wait(10)
        start_response("200 OK", [])
        return [b"ok"]

    port = bridged(application, threads=2, queue=3)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(httpx.get, f"http://127.0.0.1:{port}/", timeout=10) for _ in range(8)]
        refused = [future for future in asked if _done_soon(future)]
        release.set()
        answers = [future.result(10) for future in asked]

    assert len(refused) == 3
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [503] * 3
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status_code == 503)
    assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200


def _done_soon(future) -> bool:
    try:
        future.result(1)
    except TimeoutError:
        return False
    return True


def test_500_clients_that_never_finish_their_request_hold_no_thread(bridged):
    def application(environ, start_response):
        start_response("200 OK", [])
        return [b"ok"]

    port = bridged(application, threads=2, queue=2)
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
    try:
        for client in slow:
            client.sendall(HALF_A_REQUEST)
        answers = [httpx.get(f"http://127.0.0.1:{port}/", timeout=5).text for _ in range(20)]
    finally:
        for client in slow:
            client.close()

    assert answers == ["ok"] * 20


def test_a_client_that_leaves_before_its_answer_does_no_harm(bridged):
    entered, release = threading.Event(), threading.Event()

    def application(environ, start_response):
        entered.set()
        assert release.wait(10)
        start_response("200 OK", [])
        return [b"ok"]

    port = bridged(application, threads=1)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert entered.wait(10)
    release.set()

    assert httpx.get(f"http://127.0.0.1:{port}/", timeout=10).text == "ok"
