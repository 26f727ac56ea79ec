"""Answers from memory on the dashboard: requests of their route, and reads of a cache called ``edge``.

A load test's are counted for its run as well, and tell their duration.
"""

from __future__ import annotations

from omniwriter.edge.answers import Kept
from omniwriter.edge.questions import Question
from perfmon.loadtest.marks import MARK_NAME, read_mark
from perfmon.recorders.cache import record_read
from perfmon.recorders.loads import record_load
from perfmon.recorders.requests import count_request, is_measured

ALIAS = "edge"


def is_counted(path: str) -> bool:
    """Whether perfmon counts requests to a path."""
    return is_measured(path)


def run_key(question: Question, kept: Kept) -> str:
    """Return the series key of a load test's request for an answer that is counted; empty for every other one."""
    mark = question.headers.get(MARK_NAME)
    return read_mark(mark.decode("latin-1")) if mark is not None and kept.route is not None else ""


def count_answer(method: str, kept: Kept, status: int, duration_ns: int, run: str) -> None:
    """Count an answer from memory; ``run`` is what ``run_key`` returned."""
    count_request(method, kept.route, status, duration_ns)
    if run:
        record_load(run, status, duration_ns)
    if kept.group is not None:
        record_read(ALIAS, kept.group, duration_ns, hits=1, misses=0)


def count_kept(kept: Kept, duration_ns: int) -> None:
    """Count an answer that memory did not have and could have had, with the time of looking for it."""
    if kept.group is not None:
        record_read(ALIAS, kept.group, duration_ns, hits=0, misses=1)
