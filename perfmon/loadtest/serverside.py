"""What the server counted of a run's requests: its own windows, read back once the last of them have come in."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable

from perfmon.exceptions import LoadTestError, StoreUnavailable
from perfmon.series import TOTAL_KEY, Window
from perfmon.store.fine import get_fine_store, keep_s, readable_block
from perfmon.store.ranges import TEN

ANSWER_S = 10.0
SETTLE_S = 10.0  # windows take one to two seconds; a busy collector's somewhat more
_LOOK_S = 0.5
_BLOCKS_AT_ONCE = 360  # an hour of them


def check_answers(host: str) -> None:
    """Ask a site for its first page; raises LoadTestError when nothing answers, whatever the answer would be."""
    try:
        with urllib.request.urlopen(host, timeout=ANSWER_S):  # noqa: S310 - the address was checked
            return
    except urllib.error.HTTPError:
        return
    except OSError as error:
        why = getattr(error, "reason", error)
        raise LoadTestError(
            f"Nothing answers at {host} ({why}). Start the site, or name its address: --host"
        ) from error


def counted_by_server(
    run_id: int, start: int, expected: int, wait: Callable[[float], object] = time.sleep
) -> dict[str, Window] | None:
    """Return the server's windows of a run since ``start`` (Unix s) by action's number, None when there are none.

    Looks until it finds ``expected`` requests, or for ``SETTLE_S``: what is still missing then is a difference.
    """
    deadline_s = time.monotonic() + SETTLE_S
    while True:
        try:
            windows = _read(run_id, start, int(time.time()) + 1)
        except StoreUnavailable:
            windows = {}
        if sum(window.count for window in windows.values()) >= expected or time.monotonic() > deadline_s:
            return windows or None
        wait(_LOOK_S)


def _read(run_id: int, start: int, end: int) -> dict[str, Window]:
    first = max(start // TEN * TEN, end - keep_s(TEN))
    starts = range(first, end, TEN)
    found: dict[str, Window] = {}
    for at in range(0, len(starts), _BLOCKS_AT_ONCE):
        for packed in get_fine_store().read(TEN, starts[at : at + _BLOCKS_AT_ONCE]):
            rows = (readable_block(packed) or {}).get("load_server", {})
            for key, row in rows.items():
                run, _, action = key.partition("/")
                if run == str(run_id) and action != TOTAL_KEY:
                    found.setdefault(action, Window()).merge_row(row)
    return found
