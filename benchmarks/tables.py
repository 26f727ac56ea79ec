"""What a benchmark has to say in the book: its bound, what was measured beside us, and its tables of figures.

A benchmark's module names this as ``SECTION``. A table's rows name figures; the figures come from a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """Figures beside each other: each row is a text and names of figures; an empty name is an empty cell."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self, metrics: Mapping[str, float]) -> list[str]:
        """Return the table in Markdown with each figure's quartiles in brackets."""
        cells = [[text, *(shown(metrics, name) for name in names)] for text, *names in self.rows]
        return markdown(self.head, cells)


@dataclass(frozen=True, slots=True)
class Section:
    """``bound_s`` is what a whole run may take, what is prepared the first time included; then it is ended.

    ``versions`` names the packages and programs the figures hang on, ours and the peers'.
    """

    bound_s: int
    versions: tuple[str, ...]
    tables: tuple[Table, ...]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    return [_line(head), "|---" * len(head) + "|", *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def shown(metrics: Mapping[str, float], name: str) -> str:
    """Return a figure with its quartiles, where it has any; a dash when the run has no such figure."""
    if not name:
        return ""
    if name not in metrics:
        return NOTHING
    quartiles = quartiles_of(metrics, name)
    return number(metrics[name]) + (f" ({number(quartiles[0])} to {number(quartiles[1])})" if quartiles else "")


def quartiles_of(metrics: Mapping[str, float], name: str) -> tuple[float, float] | None:
    """Return the quartiles beside a figure: ``list_q1_us`` and ``list_q3_us`` are those of ``list_us``."""
    parts = name.split("_")
    for at in range(1, len(parts)):
        start, unit = "_".join(parts[:at]), "_".join(parts[at:])
        low, high = metrics.get(f"{start}_q1_{unit}"), metrics.get(f"{start}_q3_{unit}")
        if low is not None and high is not None:
            return low, high
    return None


def number(value: float) -> str:
    """Return about three figures of a number; a whole one whole."""
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"
