"""Answers from memory on the dashboard: requests of their route, and reads of a cache called ``edge``."""

from __future__ import annotations

from omniwriter.edge.answers import Kept
from perfmon.recorders.cache import record_read
from perfmon.recorders.requests import count_request, is_measured

ALIAS = "edge"


def is_counted(path: str) -> bool:
    """Whether perfmon counts requests to a path."""
    return is_measured(path)


def count_answer(method: str, kept: Kept, status: int, duration_ns: int) -> None:
    """Count an answer from memory."""
    count_request(method, kept.route, status, duration_ns)
    if kept.group is not None:
        record_read(ALIAS, kept.group, duration_ns, hits=1, misses=0)


def count_kept(kept: Kept, duration_ns: int) -> None:
    """Count an answer that memory did not have and could have had, with the time of looking for it."""
    if kept.group is not None:
        record_read(ALIAS, kept.group, duration_ns, hits=0, misses=1)
