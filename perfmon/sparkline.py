"""SVG paths of small drawings, the same ones ``static/perfmon/sparkline.js`` makes when figures change."""

from __future__ import annotations

from collections.abc import Sequence

from perfmon.panels.drawing import line_path
from perfmon.panels.sparks import HEIGHT

WIDTH = 100
SPREAD_TOP = 9


def spark_path(heights: Sequence[int | None]) -> str:
    """Return the path of a sparkline in a box of ``WIDTH`` by ``HEIGHT``; gaps stay gaps."""
    return line_path(heights, HEIGHT, WIDTH, HEIGHT)


def spread_path(digits: Sequence[int]) -> str:
    """Return the path of a row's tiny distribution: a bar per digit, 4 wide and 1 apart, 18 high at most."""
    return "".join(f"M{at * 5} {18 - 2 * digit}h4v{2 * digit}h-4z" for at, digit in enumerate(digits) if digit)
