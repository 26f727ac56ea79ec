"""How a load test looks in a terminal: a line a second that is written over, or one in ten where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.wording import note_text, verdict_text
from perfmon.series import NS_PER_MS

QUIET_EVERY_S = 10
_ERASE = "\r\x1b[2K"
_HEAD = ("action", "count", "errors", "per s", "p50", "p95", "p99", "max", "server p95", "client = server")


class Terminal:
    """Watches a run and says how it goes; ``stop_asked`` is set by Ctrl-C."""

    def __init__(self, out: TextIO, *, quiet: bool = False) -> None:
        self.stop_asked = False
        self._out = out
        self._quiet = quiet
        self._over = not quiet and out.isatty()
        self._said_at_s = -QUIET_EVERY_S

    def say(self, words: str) -> None:
        """Show what is being done."""
        if not self._quiet:
            self._out.write(f"{_ERASE if self._over else ''}{words}\n")
            self._out.flush()

    def second(self, at_s: float, duration_s: float | None, frame: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """Show a second's figures."""
        if self._quiet or (not self._over and at_s - self._said_at_s < QUIET_EVERY_S):
            return
        self._said_at_s = int(at_s)
        self._out.write(f"{_ERASE if self._over else ''}{_second(at_s, duration_s, frame, row)}")
        self._out.write("" if self._over else "\n")
        self._out.flush()


def _second(at_s: float, duration_s: float | None, frame: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    latency = row["latency"]
    of = f" of {duration_s:.0f}" if duration_s else ""
    p50, p95 = (f"{value / NS_PER_MS:.0f} ms" if value is not None else "-" for value in latency.percentiles((50, 95)))
    parts = [
        f"{at_s:5.0f}{of} s", row["phase"], f"target {frame['target']:.4g}", f"{latency.count}/s",
        f"{frame['busy']} at work",
        f"p50 {p50}", f"p95 {p95}", f"{latency.errors} errors", f"generator {frame['cpu_pct']:.0f} %",
    ]  # fmt: skip
    return "  ".join(part for part in parts if part)


def report(run: LoadRun) -> str:
    """Return a run's figures, verdicts and notes as text."""
    lines = [*_table(run.summary), ""] if run.summary else []
    knee = run.summary.get("knee") if run.summary else None
    if knee:
        lines += [_knee(knee), ""]
    lines += _comparison(run.rounds["comparison"]) if "comparison" in run.rounds else []
    lines += [f"{'ok  ' if one['passed'] else 'MISS'}  {verdict_text(one)}" for one in run.verdicts]
    lines += [f"note  {note_text(one)}" for one in run.notes]
    return "\n".join([*lines, "", f"Load test {run.pk} {_VERDICTS.get(run.status, run.status)}."])


_VERDICTS = {
    RunStatus.PASSED.value: "passed",
    RunStatus.FAILED.value: "failed",
    RunStatus.STOPPED.value: "was stopped",
    RunStatus.BROKEN.value: "could not be brought to its end",
}


def _comparison(comparison: Mapping[str, Any]) -> list[str]:
    """Return what a comparison of rounds found: a line for each route, the notes, the verdict."""
    before = comparison["before"]
    lines = [f"Compared with {before['name']}{' of ' + before['at'] if before['at'] else ''}, by the fastest answers:"]
    for action in comparison["actions"]:
        lines += [_change(action, figure) for figure in action["figures"]] or [f"  {action['name']}: {action['state']}"]
    return [*lines, *(f"note  {note_text(note)}" for note in comparison["notes"]), ""]


def _change(action: Mapping[str, Any], figure: Mapping[str, Any]) -> str:
    band = f"{figure['change']:+.1f} % ({figure['low']:+.1f} to {figure['high']:+.1f})"
    times = f"{figure['before']:.2f} -> {figure['after']:.2f} {figure['unit']}"
    return f"  {action['name']}, {figure['figure']}: {times}, {band}: {figure['verdict']}"


def _knee(knee: Mapping[str, Any]) -> str:
    if knee["broke_at"] is None:
        return f"Nothing broke up to {knee['rate']:.4g} arrivals a second."
    held = f"It holds {knee['rate']:.4g} arrivals a second" if knee["rate"] else "No rate held"
    recovered = knee["recovery_s"]
    after = f"; it recovered after {recovered:.0f} s" if recovered is not None else "; it did not recover in time"
    return f"{held}; at {knee['broke_at']:.4g} it broke ({knee['why']}){after}."


def _table(summary: Mapping[str, Any]) -> list[str]:
    rows = [_HEAD, *(_row(line) for line in summary["actions"])]
    rows.append(_row(summary["total"] | {"name": "all"}))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return [_aligned(row, widths) for row in rows] + ["Times are latencies in ms, from the intended start."] * (
        summary["total"]["count"] > 0
    )


def _row(line: Mapping[str, Any]) -> Sequence[str]:
    latency, server = line["latency"], line["server"]
    counts = f"{line['client_count']} {_compared(line)}".rstrip()
    times = [_shown(latency[name]) for name in ("p50", "p95", "p99", "max")]
    figures = [str(line["count"]), str(line["errors"]), _shown(line["rate"]), *times, _shown(server["p95"])]
    return (line["name"], *figures, counts)


def _compared(line: Mapping[str, Any]) -> str:
    """Return how the server's count compares; nothing where it has none."""
    client, server = line["client_count"], line["server_count"]
    return "" if server is None else f"{'=' if client == server else '≠'} {server}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def standard_error() -> Terminal:
    """Return a terminal that leaves standard output to programs."""
    return Terminal(sys.stderr)
