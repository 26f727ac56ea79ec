"""Every list of articles with 100,000 of them, in process: p50 and p95 on SQLite, or on the database of DATABASE_URL.

The pages take turns, so that the machine's drift hits all alike. A request goes through Django's test client: all
middleware, the view, the database and the template, without a socket. Articles that are made once stay in
``var/benchmark-articles``; delete the folder to make them anew.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.measure import ROOT, interleaved, say
from benchmarks.report import Result
from benchmarks.sites import articles as site

ARTICLES = 100_000
FOLDER = ROOT / "var" / "benchmark-articles"
LIMIT_MS, DESK_LIMIT_MS = 100.0, 300.0


def run(quick: bool) -> Result:
    """Measure all lists and hold their p95 to the limits."""
    result = Result("articles")
    FOLDER.mkdir(parents=True, exist_ok=True)
    site.set_up(FOLDER, os.environ.get("DATABASE_URL", ""))
    site.fill(ARTICLES, say)
    readers, pages = site.clients(), site.pages()
    candidates = {name: timed_ms(readers[page.is_desk], page) for name, page in pages.items()}
    say("warming up")
    interleaved(candidates, 2)
    gc.collect()
    gc.freeze()
    say("measuring")
    samples = interleaved(candidates, 20 if quick else 100)
    for name, values in samples.items():
        p95 = statistics.quantiles(values, n=20)[-1]
        result.metrics |= {f"{name}_p50_ms": statistics.median(values), f"{name}_p95_ms": p95}
        result.at_most(f"{name}_p95_ms", p95, DESK_LIMIT_MS if name.startswith(("admin_", "studio_")) else LIMIT_MS)
    return result


def timed_ms(client: Any, page: site.Page) -> Callable[[], float]:
    """Return what asks for the page once and says how long that took."""

    def once() -> float:
        started = time.perf_counter()
        site.visit(client, page)
        return 1e3 * (time.perf_counter() - started)

    return once
