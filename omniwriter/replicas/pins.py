"""Which place in the primary's log a reader must see: nobody is shown the time before their own last write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def last_commit() -> str | None:
    """Return the place in the primary's log (LSN) with what this context committed last; None without replicas."""
    return None


@contextmanager
def seen_after(lsn: str | None) -> Iterator[None]:
    """Read in this block only where ``lsn`` has been replayed; None asks for nothing."""
    yield
