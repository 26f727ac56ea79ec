"""A reader that stops reading, on a real server and a real socket."""

from __future__ import annotations

import base64
import json
import os
import socket

from tests.perfmon.live.conftest import Topics
from tests.perfmon.live.served import Served
from tests.waiting import eventually

TOPIC = "overview/5m"
FRAME = b'{"n":%d,"points":"' + b"7" * 30_000 + b'"}'
BUFFER_LIMIT_BYTES = 200_000


def connected(served: Served) -> socket.socket:
    """Subscribe over a socket with a small buffer."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    reader.connect(("127.0.0.1", served.port))
    host = f"127.0.0.1:{served.port}"
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /ws/perfmon/ HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Upgrade: websocket",
        "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
    ]  # fmt: skip
    reader.sendall("\r\n".join([*lines, "", ""]).encode())
    assert b" 101 " in reader.recv(1_024)
    text = json.dumps({"type": "subscribe", "topics": [TOPIC]}).encode()
    reader.sendall(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)
    return reader


def test_it_costs_the_server_a_bounded_amount_of_memory_and_hears_the_newest_frame_at_last(topics: Topics):
    served = Served(topics)
    with served.listener, served.running(), connected(served) as reader:
        eventually(lambda: served.hub and served.hub._readers)
        (subscriber,) = served.hub._readers[TOPIC]
        transport = subscriber._send.__self__.transport
        for n in range(1, 1_001):  # 30 MB
            served.bus.publish(TOPIC, FRAME % n)
        eventually(lambda: subscriber.skipped > 100)
        eventually(lambda: '"n":1000,' in str(subscriber._waiting[TOPIC]))
        assert list(subscriber._waiting) == [TOPIC]
        assert transport.get_write_buffer_size() < BUFFER_LIMIT_BYTES
        reader.settimeout(5)
        heard = b""
        while b'"n":1000,' not in heard:
            heard = heard[-100:] + reader.recv(1 << 20)
