"""An ASGI application that answers the bytes of the list and knows nothing else: what the server itself can do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BENCHMARK_BYTES"]).read_bytes()
HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
}
WHOLE = {"type": "http.response.body", "body": BODY}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer."""
    await send(HEAD)
    await send(WHOLE)
