"""The processes that serve an address and the memory they hold, read from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from perfmon.exceptions import PerftestError

_KB = 1024
#: What belongs to a process alone, or its share of what forked ones have together; what was swapped out was not freed.
_ROLLUP = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
WITHOUT = "Leave the check of memory out: --checks time,concurrency"


def _pss_anon(process: psutil.Process) -> int:
    found = dict.fromkeys(_ROLLUP, -1)
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(" ")
        if name in found:
            found[name] = int(rest.split()[0]) * _KB
    if min(found.values()) < 0:
        raise OSError("This kernel's smaps_rollup tells no proportional anonymous memory.")
    return sum(found.values())


def _uss(process: psutil.Process) -> int:
    return int(process.memory_full_info().uss)


def _rss(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


#: From the best to the one every system has: anonymous and shared memory by its share, what is the process's alone,
#: and what is resident, pages of files among it.
READINGS: dict[str, Callable[[psutil.Process], int]] = {"pss_anon": _pss_anon, "uss": _uss, "rss": _rss}


class ServerProcesses:
    """The processes of a server as they were when this was made; ``reading`` names what of their memory is read."""

    def __init__(self, roots: Collection[int]) -> None:
        self.processes = _family(roots)
        self.reading = next((name for name in READINGS if self._readable(name)), "")
        if not self.reading:
            raise PerftestError(f"The memory of {self} can't be read by this account. {WITHOUT}", could_not_run=True)
        self._roots = roots

    def __str__(self) -> str:
        first = self.processes[0]
        others = f" and {len(self.processes) - 1} more" if len(self.processes) > 1 else ""
        try:
            return f"{first.name()}, process {first.pid}{others}"
        except psutil.Error:
            return f"process {first.pid}{others}"

    def memory_bytes(self) -> int | None:
        """Return the memory of all of them together; None when one has ended."""
        try:
            return sum(READINGS[self.reading](process) for process in self.processes)
        except (psutil.Error, OSError):
            return None

    def changed(self) -> bool:
        """Whether other processes serve now than at the beginning."""
        try:
            return set(_family(self._roots)) != set(self.processes)
        except PerftestError:
            return True

    def _readable(self, name: str) -> bool:
        try:
            return all(READINGS[name](process) >= 0 for process in self.processes)
        except (psutil.Error, OSError):
            return False


def processes_on(port: int) -> ServerProcesses:
    """Return those that listen on a port of this machine, with their children; raises PerftestError for none."""
    try:
        found = [(one.pid, one.fd) for one in psutil.net_connections("tcp") if one.pid and _listens(one, port)]
    except psutil.Error:
        found = []
    pids = {pid for pid, _number in found} | _sharing(found)
    pids = pids - {1} or pids  # what starts every service may hold its socket too, and is no part of it
    if not pids:
        raise PerftestError(
            f"No process of this account is seen to listen on port {port}. Name the server with --pid, or run this as "
            f"the account that it runs as. {WITHOUT}",
            could_not_run=True,
        )
    return ServerProcesses(sorted(pids))


def _sharing(sockets: Iterable[tuple[int, int]]) -> set[int]:
    """Return all that hold the same sockets, each given by a process and its descriptor.

    On Linux psutil names one process for each socket, and it may be any of a server's workers.
    """
    wanted = set()
    for pid, number in sockets:
        with suppress(OSError):
            wanted.add(Path(f"/proc/{pid}/fd/{number}").readlink())
    return {pid for pid in psutil.pids() if wanted and not wanted.isdisjoint(_open_files(pid))}


def _open_files(pid: int) -> Iterator[Path]:
    with suppress(OSError):  # it is another account's, or has just ended
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield link.readlink()


def _listens(connection: Any, port: int) -> bool:
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port)


def _family(roots: Collection[int]) -> list[psutil.Process]:
    try:
        first = [psutil.Process(pid) for pid in roots]
        return list(dict.fromkeys([*first, *(child for one in first for child in one.children(recursive=True))]))
    except psutil.Error as error:
        raise PerftestError(f"The server's process is not there: {error}.", could_not_run=True) from error
