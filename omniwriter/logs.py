"""Keeping logs readable when something that is asked a thousand times a second is away."""

from __future__ import annotations

import logging
import time


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
