"""What master and workers say to each other, as custom messages of Locust's own connection between them."""

from __future__ import annotations

HELLO = "perfmon_hello"  # worker: {"secret", "host", "pid"}
PLAN = "perfmon_plan"  # master: {"plan", "index", "of"}
READY = "perfmon_ready"  # worker: {}
FAULT = "perfmon_fault"  # worker: {"error", "field"}
TARGET = "perfmon_target"  # master: {"target"}, the worker's own share
STOP = "perfmon_stop"  # master: {"cut"}
FRAME = "perfmon_frame"  # worker: Load.take()
END = "perfmon_end"  # worker: Load.totals(), after its last frame
