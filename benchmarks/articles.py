"""Every list of articles with 100,000 of them, in process: p50 and p95 on SQLite, or on the database of DATABASE_URL.

The pages take turns, so that the machine's drift hits all alike. A request goes through Django's test client: all
middleware, the view, the database and the template, without a socket. Articles that are made once stay in
``var/benchmark-articles``; delete the folder to make them anew. On SQLite they are 10,000 texts ten times over.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.measure import ROOT, figures, interleaved, resampled, say
from benchmarks.report import Result
from benchmarks.sites import articles as site
from benchmarks.tables import Section, Table

ARTICLES, TEXTS = 100_000, 10_000
FOLDER = ROOT / "var" / "benchmark-articles"
LIMIT_MS, DESK_LIMIT_MS = 100.0, 300.0
ROUNDS, QUICK_ROUNDS = 80, 20
SAID = {
    "public_list": "public list", "category": "category", "tag": "tag", "author": "author",
    "search_rare": "search for two rare words", "search_common": "search for a common word", "popular": "popular",
    "feed": "feed", "sitemap": "one page of the sitemap, 500 articles", "api_list": "API: list",
    "api_search": "API: search", "api_popular": "API: popular", "admin_list": "admin: list",
    "admin_page_9": "admin: page 9", "admin_status": "admin: by status", "admin_category": "admin: by category",
    "admin_author": "admin: by author",
    "admin_origin": "admin: by origin", "admin_search_rare": "admin: search for two rare words",
    "admin_search_common": "admin: search for a common word", "studio_home": "studio: my articles",
    "studio_queue": "studio: queue", "studio_calendar": "studio: calendar",
}  # fmt: skip
SECTION = Section(
    bound_s=330,
    versions=("Django", "modelsearch", "SQLite"),
    tables=(
        Table(
            ("100,000 articles, ms", "median", "p95"),
            tuple((says, f"{name}_p50_ms", f"{name}_p95_ms") for name, says in SAID.items()),
        ),
    ),
)


def run(quick: bool) -> Result:
    """Measure all lists and hold their p95 to the limits."""
    result = Result("articles")
    FOLDER.mkdir(parents=True, exist_ok=True)
    site.set_up(FOLDER, os.environ.get("DATABASE_URL", ""))
    _fill()
    readers, pages = site.clients(), site.pages()
    candidates = {name: timed_ms(readers[page.is_desk], page) for name, page in pages.items()}
    say("warming up")
    interleaved(candidates, 2)
    gc.collect()
    gc.freeze()
    say("measuring")
    samples = interleaved(candidates, QUICK_ROUNDS if quick else ROUNDS)
    for name, values in samples.items():
        limit_ms = DESK_LIMIT_MS if pages[name].is_desk else LIMIT_MS
        result.metrics |= figures({f"{name}_p50": values, f"{name}_p95": resampled(values, p95)}, "ms")
        result.metrics[f"{name}_p95_ms"] = p95(values)
        result.at_most(f"{name}_p95_ms", p95(values), limit_ms, f"p95 of {SAID[name]}", resampled(values, p95))
    return result


def _fill() -> None:
    """Make what is missing: on SQLite most are copies, which takes a tenth of the time."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return site.fill(ARTICLES, say)
    site.fill(TEXTS, say)
    from benchmarks.sites.corpus import multiply

    return multiply(ARTICLES, say)


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def timed_ms(client: Any, page: site.Page) -> Callable[[], float]:
    """Return what asks for the page once and says how long that took."""

    def once() -> float:
        started = time.perf_counter()
        site.visit(client, page)
        return 1e3 * (time.perf_counter() - started)

    return once
