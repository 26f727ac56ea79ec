"""The command that serves the site: ``make run`` starts it, and so does ``manage.py perftest`` for a test."""

from __future__ import annotations

WEB_GRACE_S = 2  # of the 5 s in which all must be gone


def web_command(*, python: str, host: str, port: str) -> tuple[str, ...]:
    """Return its words."""
    return (
        *(python, "-m", "uvicorn", "omniwriter.asgi:application", "--host", host),
        *("--port", port, "--loop", "uvloop", "--ws", "websockets-sansio"),
        *("--ws-per-message-deflate", "false"),  # the same frame would be compressed anew for every browser
        *("--http", "omniwriter.bridge.protocol:PatientProtocol"),  # loses no request when it stops
        *("--timeout-graceful-shutdown", str(WEB_GRACE_S), "--no-access-log", "--log-level", "warning"),
    )
