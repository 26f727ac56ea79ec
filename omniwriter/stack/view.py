"""Showing the stack to a person: a live table on a terminal, plain lines everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

import psutil
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from omniwriter.stack.supervisor import Member, State

REFRESH_S = 1.0
TOLD = (State.RESTARTING, State.UNAVAILABLE)  # with the reason
STYLES = {
    State.READY: "green",
    State.STARTING: "yellow",
    State.WAITING: "dim",
    State.RESTARTING: "bold red",
    State.REPAIRING: "bold yellow",
    State.UNAVAILABLE: "yellow",
    State.STOPPING: "yellow",
    State.STOPPED: "dim",
}


class LineView:
    """One line for each change, for logs and pipes."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def say(self, text: str) -> None:
        """Print a message."""
        print(text, file=self._out, flush=True)

    def changed(self, member: Member) -> None:
        """Print the new state of a member."""
        address = f" on {member.service.address}" if member.state is State.READY and member.service.address else ""
        note = f": {member.note}" if member.state in TOLD else ""
        if member.state is not State.STOPPING:
            self.say(f"  {member.service.name:<10} {member.state}{address}{note}")

    def refresh(self, members: Sequence[Member]) -> None:
        """Do nothing: nothing changed."""

    def close(self) -> None:
        """Do nothing: every line is out."""


class TableView:
    """A table that is drawn again once a second and at every change, below what was said before."""

    def __init__(self) -> None:
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False)
        self._due_s = 0.0
        self._live.start()

    def say(self, text: str) -> None:
        """Print a message above the table."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def changed(self, member: Member) -> None:
        """Draw again soon; say why a member is restarted or not available."""
        self._due_s = 0.0
        if member.state in TOLD:
            self.say(f"{member.service.name} {member.note}")

    def refresh(self, members: Sequence[Member]) -> None:
        """Draw the table if it is time."""
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + REFRESH_S
            self._live.update(Group(_table(members), Text("Ctrl-C stops everything.", style="dim")), refresh=True)

    def close(self) -> None:
        """Leave the last table standing."""
        self._live.stop()


def make_view() -> LineView | TableView:
    """Return the table on a terminal, lines otherwise."""
    return TableView() if sys.stdout.isatty() else LineView()


def _table(members: Sequence[Member]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for name, side in (("service", "left"), ("state", "left"), ("listens on", "left"), ("memory", "right"),
                       ("restarts", "right"), ("up for", "right")):  # fmt: skip
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    for member in members:
        table.add_row(*_row(member))
    return table


def _row(member: Member) -> tuple[Text | str, ...]:
    alive = member.running if member.running and member.running.exit_code is None else None
    return (
        member.service.name,
        Text(f"{member.state}", style=STYLES[member.state]),
        member.service.address,
        f"{resident_bytes(alive.child.pid) / 1e6:.0f} MB" if alive else "",
        str(member.restarts or ""),
        duration(time.monotonic() - alive.started_s) if alive else "",
    )


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and its descendants; 0 when it is gone."""
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for part in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += part.memory_info().rss
    return total


def duration(seconds: float) -> str:
    """Put a time span into two units at most: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
