"""A store that is away: counted, told once, left alone for a second, and never a reason to fail a request."""

from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger("omniwriter.cache")

RETRY_S = 1.0


class Outage:
    """Whether the store answers, as this process has seen it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._retry_at = 0.0
        self._since: float | None = None
        self.errors = 0

    @property
    def is_open(self) -> bool:
        """Whether the store is left alone for the moment: every caller's own wait would add up to an outage of ours."""
        return self._since is not None and time.monotonic() < self._retry_at

    def failed(self, error: BaseException) -> None:
        """Count a call that failed, and leave the store alone for ``RETRY_S``."""
        with self._lock:
            self.errors += 1
            self._retry_at = time.monotonic() + RETRY_S
            if self._since is None:
                self._since = time.monotonic()
                logger.warning("The cache is away; answers are made without it. %s", error.__cause__ or error)

    def worked(self) -> None:
        """Note that a call went through."""
        if self._since is None:
            return
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            logger.warning("The cache is back after %.1f s.", time.monotonic() - since)


outage = Outage()
