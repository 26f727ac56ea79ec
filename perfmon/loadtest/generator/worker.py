"""A worker: makes its share of the load and tells the master each second what it met."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from typing import Any

import gevent
from gevent.os import make_nonblocking, nb_read

from perfmon.loadtest.generator.checks import read_plan
from perfmon.loadtest.generator.load import Load
from perfmon.loadtest.generator.messages import END, FAULT, FRAME, HELLO, PLAN, READY, STOP, TARGET
from perfmon.loadtest.generator.protocol import PlanError
from perfmon.loadtest.generator.users import LoadEnvironment

_log = logging.getLogger(__name__)
#: A master not heard of for so long is gone.
MASTER_GONE_S = 10.0
OK, CANNOT = 0, 2


class Worker:
    """One worker of the master at an address."""

    def __init__(self, host: str, port: int, secret: str) -> None:
        self._environment = LoadEnvironment()
        self._runner = self._environment.create_worker_runner(host, port)
        self._load: Load | None = None
        self._runner.register_message(PLAN, self._take_plan)
        self._runner.register_message(TARGET, self._take_target)
        self._runner.register_message(STOP, self._take_stop, concurrent=True)
        self._runner.send_message(HELLO, {"secret": secret, "host": socket.gethostname(), "pid": os.getpid()})

    def run(self) -> None:
        """Work until the master says that it is enough, or is gone."""
        while not self._runner.greenlet.join(timeout=1 - time.time() % 1):
            if self._load:
                self._runner.send_message(FRAME, self._load.take())
            heard_s = self._runner.last_heartbeat_timestamp or time.time()
            if time.time() - heard_s > MASTER_GONE_S:
                _log.error("Nothing was heard of the master for %.0f s; this worker ends.", MASTER_GONE_S)
                return

    def _take_plan(self, msg: Any, **_: Any) -> None:
        told = msg.data
        try:
            self._load = Load(read_plan(told["plan"]), self._environment, told["index"], told["of"])
        except PlanError as error:
            self._runner.send_message(FAULT, {"error": str(error), "field": error.field})
        else:
            self._runner.send_message(READY, {})

    def _take_target(self, msg: Any, **_: Any) -> None:
        if self._load:
            self._load.aim(msg.data["target"])

    def _take_stop(self, msg: Any, **_: Any) -> None:
        if self._load:
            self._load.stop(msg.data["cut"])
            self._runner.send_message(FRAME, self._load.take())
            self._runner.send_message(END, self._load.totals())


def work(address: str, secret: str, owned: bool) -> int:
    """Be a worker of the master at ``HOST:PORT``; returns the exit code.

    ``owned``: the master started it, and it ends when its stdin does.
    """
    host, _, port = address.rpartition(":")
    if owned:
        gevent.spawn(_end_with_stdin)
    try:
        Worker(host, int(port), secret).run()
    except (ConnectionError, ValueError) as error:
        _log.error("No master at %s could be joined (%s). Start it with --master-port.", address, error)
        return CANNOT
    return OK


def _end_with_stdin() -> None:
    make_nonblocking(sys.stdin.fileno())
    nb_read(sys.stdin.fileno(), 1)
    os._exit(OK)  # at once: who would hear of it is gone
