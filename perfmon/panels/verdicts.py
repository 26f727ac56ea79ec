"""Trends in words: the verdict of ``perfmon.trends`` with its change, as every panel shows it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from perfmon.conf import get_budgets
from perfmon.panels import formats
from perfmon.trends import compare

WORDS = {
    "better": _("better"),
    "worse": _("worse"),
    "more": pgettext_lazy("traffic", "more"),
    "less": pgettext_lazy("traffic", "less"),
    "same": _("unchanged"),
    "unknown": _("not enough data"),
}
_OF_TRAFFIC = {"better": "more", "worse": "less"}


def verdict(
    current: float | None,
    previous: float | None,
    counts: tuple[int, int],
    *,
    higher_is_better: bool = False,
    floor: float = 0.0,
    neutral: bool = False,
) -> dict[str, Any]:
    """Compare a figure with that of the range before; ``counts`` are the events behind the two.

    A difference below ``floor`` (in the figure's unit) is no change, however large it is in percent. A ``neutral``
    figure is neither good nor bad: more or less traffic.
    """
    budgets = get_budgets()
    trend = compare(
        current,
        previous,
        current_count=counts[0],
        previous_count=counts[1],
        higher_is_better=higher_is_better,
        noise_pct=budgets.trend_noise_pct,
        min_count=budgets.trend_min_count,
    )
    name: str = trend.verdict
    if name in _OF_TRAFFIC and current is not None and previous is not None and abs(current - previous) < floor:
        name = "same"
    moved = trend.change_pct if name in _OF_TRAFFIC else None
    if neutral:  # the word tells the direction, so the number goes without its sign
        name, change = _OF_TRAFFIC.get(name, name), formats.change(moved).lstrip("+−")
        return {"verdict": name, "change": change, "word": str(WORDS[name])}
    return {"verdict": name, "change": formats.change(moved), "word": str(WORDS[name])}
