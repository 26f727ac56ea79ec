"""The numbers that bind: one typed table that alerts, load tests, reviews and the dashboard all read.

Every default is the architecture document's but those on caches' errors, waits for a connection or in a queue, and
calls of language models, which it leaves open. A project overrides single figures with ``PERF_BUDGETS``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budgets:
    """Targets and limits; the unit stands in each name."""

    # latency objectives of page and API routes
    p50_ms: float = 200
    p90_ms: float = 500
    p95_ms: float = 1000
    p99_ms: float = 2000
    # alerts: the document's four rules, failed calls of a cache in the window, waits for a database connection
    alert_p95_ms: float = 2000
    alert_error_warning_pct: float = 1
    alert_error_critical_pct: float = 5
    alert_cpu_pct: float = 80
    alert_memory_pct: float = 85
    alert_cache_error_count: int = 0
    alert_pool_wait_ms: float = 100
    alert_queue_wait_ms: float = 30_000
    alert_min_requests: int = 20
    alert_window_s: int = 60
    alert_for_warning_s: int = 60
    alert_for_critical_s: int = 30
    alert_keep_firing_s: int = 120
    alert_clear_margin_pct: float = 10
    # language models: 95 % of a provider's calls, which are fewer than requests; the alerts' limits too
    provider_first_token_ms: float = 3000
    provider_total_ms: float = 60_000
    provider_min_count: int = 5
    # performance tests: the document's but for perftest_leak_bytes, which was measured (docs/perftest.md)
    perftest_at_once_p95_ms: float = 2000
    perftest_success_pct: float = 95
    perftest_leak_bytes: float = 100
    perftest_growth_bytes: float = 100 * 2**20  # in 1,000 requests
    # scaling
    scale_up_cpu_pct: float = 70
    scale_down_cpu_pct: float = 30
    scale_up_memory_pct: float = 80
    scale_down_memory_pct: float = 40
    scale_up_response_ms: float = 1000
    scale_down_response_ms: float = 500
    scale_min_instances: int = 2
    scale_max_instances: int = 10
    scale_up_cooldown_s: int = 300
    scale_down_cooldown_s: int = 600
    # caches
    cache_default_ttl_s: int = 3600
    cache_query_ttl_s: int = 1800
    cache_api_ttl_s: int = 300
    cache_popular_ttl_s: int = 600
    cache_hit_target_pct: float = 80
    # database pool
    pool_size: int = 20
    pool_overflow: int = 30
    pool_recycle_s: int = 3600
    # retention
    keep_fine_s: int = 86_400
    keep_minute_days: int = 90
    keep_hour_days: int = 730
    # trends: change smaller than this is noise; fewer requests than this say nothing
    trend_noise_pct: float = 10
    trend_min_count: int = 10
