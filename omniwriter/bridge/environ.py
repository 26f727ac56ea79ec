"""A request as WSGI wants it (PEP 3333), built from an ASGI scope."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import IO, Any

_BASE = {
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
QUEUED_KEY = "perfmon.queued_ns"  # perf_counter_ns when the request was whole; perfmon takes the wait from it


def build_environ(scope: dict[str, Any], body: IO[bytes], queued_ns: int) -> dict[str, Any]:
    """Return the environ of a request. Headers whose name holds an underscore are left out: they could pass for others."""
    root = scope.get("root_path", "")
    path: str = scope["path"]
    environ = {
        **_BASE,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _wsgi_text(root),
        "PATH_INFO": _wsgi_text(path[len(root) :] if root and path.startswith(root) else path),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        QUEUED_KEY: queued_ns,
    }
    host, port = scope.get("server") or ("localhost", None)
    environ["SERVER_NAME"], environ["SERVER_PORT"] = host, str(port or 80)
    client = scope.get("client")
    if client:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        name = _header_key(raw_name)
        if not name:
            continue
        value = raw_value.decode("latin-1")
        if name in environ:
            value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        environ[name] = value
    return environ


@lru_cache(maxsize=256)
def _header_key(name: bytes) -> str:
    if b"_" in name:
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def _wsgi_text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")
