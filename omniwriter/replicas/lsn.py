"""Places in PostgreSQL's write-ahead log: ``16/B374D848`` as it is written, a whole number to compare."""

from __future__ import annotations

LAST = (1 << 64) - 1  # past every place: no replica has replayed it


def parse_lsn(text: str) -> int:
    """Return the place as a number of bytes from the log's beginning; raises ValueError for anything else."""
    high, slash, low = text.partition("/")
    if not slash or len(high) > 8 or len(low) > 8:
        raise ValueError(f"{text!r} is no place in a log.")
    return int(high, 16) << 32 | int(low, 16)


def format_lsn(lsn: int) -> str:
    """Return the place as PostgreSQL writes it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
