"""A request as WSGI wants it (PEP 3333), built from an ASGI scope."""

from __future__ import annotations

import sys
from functools import lru_cache
from time import perf_counter_ns
from typing import Any
from urllib.parse import unquote_to_bytes

from omniwriter.bridge.body import Body

_SAME_FOR_ALL = {
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
QUEUED_KEY = "perfmon.queued_ns"  # perf_counter_ns when the request was whole; perfmon takes the wait from it
# What the last two say was true of the connection; of the body that was read it is said anew.
_OWN_KEYS = {b"content-type": "CONTENT_TYPE", b"content-length": "", b"transfer-encoding": ""}


def build_environ(scope: dict[str, Any], body: Body) -> dict[str, Any]:
    """Return the environ of a request whose body was read."""
    root, path = _paths(scope)
    host, port = scope.get("server") or ("localhost", None)
    environ = {
        **_SAME_FOR_ALL,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body.file,
    }
    client = scope.get("client")
    if client:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    _add_headers(environ, scope["headers"])
    if body.size_bytes:
        environ["CONTENT_LENGTH"] = str(body.size_bytes)  # also of a chunked body, which came without a length
    environ[QUEUED_KEY] = perf_counter_ns()
    return environ


def _add_headers(environ: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
    for raw_name, raw_value in headers:
        key = _header_key(raw_name)
        if not key:
            continue
        value = raw_value.decode("latin-1")
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value


@lru_cache(maxsize=256)
def _header_key(name: bytes) -> str:
    """Return a header's key; none for a name with an underscore, which could pass for another's."""
    name = name.lower()
    if b"_" in name:
        return ""
    own = _OWN_KEYS.get(name)
    return own if own is not None else f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"


def _paths(scope: dict[str, Any]) -> tuple[str, str]:
    """Return SCRIPT_NAME and PATH_INFO: the path's bytes, one character each.

    The server has decoded ``path`` as UTF-8; of a path in another encoding only ``raw_path`` still holds the bytes.
    """
    root: str = scope.get("root_path", "")
    path: str = scope["path"]
    if not path.isascii():
        raw = scope.get("raw_path")
        path = (unquote_to_bytes(raw) if raw else path.encode("utf-8", "surrogateescape")).decode("latin-1")
    if not root:
        return "", path
    root = root.encode().decode("latin-1").rstrip("/")
    return root, path[len(root) :] if path.startswith(f"{root}/") or path == root else path
