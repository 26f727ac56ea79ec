"""Providers of language models, as programs tell of their calls: first token, speed, tokens, cost, how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfmon.conf import get_budgets
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.series import TOTAL_KEY, Window

MAX_ROWS = 30
MAX_ENDS = 6


class ProvidersPanel(Panel):
    """A row for each provider that was called in the range, those first that were called most."""

    name = "providers"
    pages = ("outgoing",)
    template = "perfmon/panels/providers.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``providers`` and their two limits; raises StoreUnavailable."""
        calls = readings.totals(query, "provider")
        names = sorted(calls.keys() - {TOTAL_KEY}, key=lambda name: (-calls[name].count, name))[:MAX_ROWS]
        budgets = get_budgets()
        return {
            "providers": [_provider(name, calls[name], query) for name in names],
            "first_limit": formats.target(formats.duration(budgets.provider_first_token_ms)),
            "total_limit": formats.target(formats.duration(budgets.provider_total_ms)),
        }


def _provider(name: str, calls: Window, query: PageQuery) -> dict[str, Any]:
    first = readings.total(query, "provider_first", name)
    speed = readings.total(query, "provider_rate", name).percentile(50)
    tokens = readings.totals(query, "provider_tokens")
    first_ms, total_ms = readings.latency_ms(first, 95), readings.latency_ms(calls, 95)
    budgets = get_budgets()
    return {
        "name": name,
        "calls": formats.phrase(formats.rate(60 * calls.count / readings.covered_s(query), "/min")),
        "first_p50": formats.phrase(formats.duration(readings.latency_ms(first, 50))),
        "first_p95": formats.phrase(formats.duration(first_ms)),
        "first_over": first_ms is not None and first_ms > budgets.provider_first_token_ms,
        "total_p95": formats.phrase(formats.duration(total_ms)),
        "total_over": total_ms is not None and total_ms > budgets.provider_total_ms,
        "speed": formats.phrase(formats.rate(None if speed is None else speed / 1000)),
        "tokens_in": formats.phrase(formats.count(tokens.get(f"{name}/in", Window()).sum)),
        "tokens_out": formats.phrase(formats.count(tokens.get(f"{name}/out", Window()).sum)),
        "cost": formats.dollars(readings.total(query, "provider_cost", name).sum),
        "errors": formats.phrase(formats.percent(calls.error_pct)),
        "is_failing": bool(calls.errors),
        "ends": _ends(name, readings.totals(query, "provider_end")),
    }


def _ends(name: str, ends: Mapping[str, Window]) -> str:
    """Say how calls ended, the most frequent way first: ``ok 41 · timeout 2``. The words are the caller's."""
    found = {key.partition("/")[2]: window.count for key, window in ends.items() if key.partition("/")[0] == name}
    most = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_ENDS]
    return " · ".join(f"{word.replace('_', ' ')} {formats.phrase(formats.count(count))}" for word, count in most)
