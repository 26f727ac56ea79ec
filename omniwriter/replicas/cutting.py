"""Cutting the connections to a server that went silent: its kernel keeps them open, and who waits would wait on."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import weakref
from collections import defaultdict

import psycopg

_lock = threading.Lock()
_open: dict[str, weakref.WeakSet[psycopg.Connection[object]]] = defaultdict(weakref.WeakSet)


def watch(alias: str, connection: psycopg.Connection[object]) -> None:
    """Remember a connection that may have to be cut."""
    with _lock:
        _open[alias].add(connection)


def cut(alias: str) -> None:
    """End every connection to a server, so that whoever waits for it gets an error and asks another."""
    with _lock:
        held = list(_open[alias])
    for connection in held:
        with contextlib.suppress(psycopg.Error, OSError):
            descriptor = os.dup(connection.fileno())
            with socket.socket(fileno=descriptor) as end:
                end.shutdown(socket.SHUT_RDWR)
