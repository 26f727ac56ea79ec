"""What a reader of the figures has to know: where the generator was the limit, why models differ, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from perfmon.loadtest.plans import OPEN
from perfmon.loadtest.profiles import Profile
from perfmon.loadtest.tally import Tally

BUSY_CPU_PCT = 85.0  # of one core, for one process: past it a generator measures itself
LATE_MS = 50.0
HOST_CPU_PCT = 95.0
STALL_RATIO, STALL_MS = 2.0, 100.0  # by so much latency and service time differ before it is worth a sentence
HIDDEN_RATIO = 5.0

Note = dict[str, Any]


def notes_of(summary: Mapping[str, Any], tally: Tally, profile: Profile, *, stopped: bool) -> list[Note]:
    """Return the notes of a run that was measured, the most important first."""
    notes: list[Note] = [{"code": "stopped"}] if stopped else []
    notes += [*_of_counts(summary["counts"]), *_of_knee(summary["knee"]), *_of_load(tally, profile)]
    return [*notes, *_of_model(summary["total"], profile)]


def _of_knee(knee: Mapping[str, Any] | None) -> Iterator[Note]:
    if knee and knee["broke_at"] is None:
        yield {"code": "knee_not_found", "rate": knee["rate"]}


def _of_counts(counts: Mapping[str, Any]) -> Iterator[Note]:
    if counts["server"] is None:
        yield {"code": "server_unseen"}
    elif not counts["agree"]:
        yield {"code": "counts_differ", "client": counts["client"], "server": counts["server"]}


def _of_load(tally: Tally, profile: Profile) -> Iterator[Note]:
    if tally.lost_workers:
        yield {"code": "workers_lost", "count": tally.lost_workers}
    if tally.usual_cpu_pct > BUSY_CPU_PCT:
        yield {"code": "generator_busy", "cpu_pct": tally.usual_cpu_pct}
    if tally.most_late_ms > LATE_MS:
        yield {"code": "generator_late", "late_ms": tally.most_late_ms}
    if profile.model == OPEN and tally.most_busy >= profile.most_users:
        yield {"code": "users_all_busy", "most_users": profile.most_users}
    if tally.usual_host_cpu_pct > HOST_CPU_PCT:
        yield {"code": "host_busy", "cpu_pct": tally.usual_host_cpu_pct}


def _of_model(total: Mapping[str, Any], profile: Profile) -> Iterator[Note]:
    """Say what coordinated omission did: https://www.scylladb.com/2021/04/22/on-coordinated-omission/"""
    latency, service = total["latency"], total["service"]
    if not total["count"] or latency["p99"] is None or service["p99"] is None:
        return
    if profile.model == OPEN:
        if latency["p99"] > STALL_RATIO * service["p99"] and latency["p99"] - service["p99"] > STALL_MS:
            yield {"code": "open_waited", "latency_ms": latency["p99"], "service_ms": service["p99"]}
        elif latency["p99"] > HIDDEN_RATIO * latency["p50"] and latency["p99"] > STALL_MS:
            yield {"code": "open_counts_all", "p50_ms": latency["p50"], "p99_ms": latency["p99"]}
    elif latency["max"] > HIDDEN_RATIO * latency["p99"] and latency["max"] > STALL_MS:
        yield {"code": "closed_hides", "max_ms": latency["max"], "p99_ms": latency["p99"]}
