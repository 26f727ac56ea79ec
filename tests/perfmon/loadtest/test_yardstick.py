"""The yardstick: a process of fixed work that ends with whoever started it."""

from __future__ import annotations

import http.client
import platform
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from perfmon.loadtest import yardstick


def test_it_answers_the_same_every_time_and_tells_how_long_it_worked():
    with yardstick.running_yardstick() as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        answers = []
        for _ in range(3):
            connection.request("GET", "/")
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
            assert answer.headers["Server-Timing"].startswith("app;dur=")
        connection.close()
    assert len(set(answers)) == 1
    assert answers[0][0] == 200


def test_its_name_tells_its_version_and_pythons():
    assert yardstick.name() == f"{yardstick.VERSION}/{platform.python_version()}"


def test_it_is_gone_afterwards():
    with yardstick.running_yardstick() as address:
        pass
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(urlsplit(address).netloc, timeout=10).connect()


def test_it_ends_when_nobody_holds_its_standard_input():
    command = [sys.executable, "-I", yardstick.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert int(process.stdout.readline()) > 0
        process.stdin.close()
        assert process.wait(10) == 0
