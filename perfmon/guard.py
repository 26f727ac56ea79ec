"""The observer never hurts the observed: failures of perfmon's own code are counted and the host app goes on."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger("perfmon")

_LOG_EVERY_S = 60.0

failures: Counter[str] = Counter()
_logged_at: dict[str, float] = {}


def count_failure(where: str, error: BaseException) -> None:
    """Count a swallowed failure by place and log it at most once a minute, with its traceback."""
    failures[where] += 1
    now = time.monotonic()
    if now - _logged_at.get(where, -_LOG_EVERY_S) >= _LOG_EVERY_S:
        _logged_at[where] = now
        logger.warning("perfmon failed in %s and went on", where, exc_info=error)


@contextmanager
def guarded(where: str) -> Iterator[None]:
    """Swallow and count any Exception of the block; for code off the hot path (a ``try`` is cheaper on it)."""
    try:
        yield
    except Exception as error:
        count_failure(where, error)
