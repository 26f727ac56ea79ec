"""What the log's lines say of where they belong, and keeping it readable when something often asked for is away."""

from __future__ import annotations

import logging
import time

from perfmon.context import find_trace_id


class TraceOf(logging.Filter):
    """Gives each record ``trace``: the id of the request or task it belongs to in brackets, nothing outside of one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add it, and let the record pass."""
        found = find_trace_id()
        record.trace = f" [{found}]" if found else ""
        return True


class OncePer(logging.Filter):
    """Lets one record a source line through in ``seconds``, and says how many it held back."""

    def __init__(self, seconds: float = 10.0) -> None:
        super().__init__()
        self._seconds = seconds
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record may pass."""
        source = (record.pathname, record.lineno)
        now = time.monotonic()
        since, held = self._seen.get(source, (now - self._seconds, 0))
        if now - since < self._seconds:
            self._seen[source] = (since, held + 1)
            return False
        self._seen[source] = (now, 0)
        if held:
            record.msg = f"{record.getMessage()} ({held} more like it in {now - since:.0f} s)"
            record.args = ()
        return True
