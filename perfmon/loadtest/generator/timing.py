"""What an answer's ``Server-Timing`` says of the server's own time, and what of ours that leaves unexplained."""

from __future__ import annotations

import re

from perfmon.loadtest.figures import GAP, QUEUE, SERVER
from perfmon.loadtest.generator.records import Records
from perfmon.series import NS_PER_MS

_PARTS = re.compile(r"\b(app|queue);dur=(\d+(?:\.\d+)?)")


def record_parts(records: Records, key: str, told: str | list[str] | None, service_ns: int) -> None:
    """Record server, queue and gap of an answer with that header; nothing when the server told nothing."""
    line = ",".join(told) if isinstance(told, list) else told or ""
    parts_ns = {name: round(float(dur_ms) * NS_PER_MS) for name, dur_ms in _PARTS.findall(line)}
    if "app" not in parts_ns:
        return
    records.add(SERVER, key, parts_ns["app"])
    if "queue" in parts_ns:
        records.add(QUEUE, key, parts_ns["queue"])
    records.add(GAP, key, max(0, service_ns - sum(parts_ns.values())))
