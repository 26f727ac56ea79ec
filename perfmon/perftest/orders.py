"""A whole performance test: the server found or started, the routes chosen, the checks run, the report made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from perfmon.conf import get_budgets
from perfmon.exceptions import PerftestError
from perfmon.perftest import memory
from perfmon.perftest.addresses import Address
from perfmon.perftest.launching import own_server
from perfmon.perftest.processes import WITHOUT, ServerProcesses, processes_on
from perfmon.perftest.routes import answering, require_answer, routes_of_project
from perfmon.perftest.subjects import Extent, Subject
from perfmon.perftest.suite import CHECKS, Report, run

STARTED = "started for the test"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asked for. No address: a server is started; no routes: those of the project without arguments."""

    address: Address | None = None
    routes: tuple[str, ...] = ()
    checks: tuple[str, ...] = tuple(CHECKS)
    pids: tuple[int, ...] = ()
    extent: Extent = field(default_factory=Extent)


def perftest(order: Order, tell: Callable[[str, str, int, int], None]) -> Report:
    """Do it and return the report, also of what was done before Ctrl-C; raises PerftestError when nothing can be."""
    report = Report(str(order.address or ""), "", datetime.now(UTC))
    began_s = monotonic()
    try:
        with _address(order) as address:
            report.host = str(address)
            _run(order, _subject(order, address), report, tell)
    except KeyboardInterrupt:
        report.stopped = True
    report.took_s = monotonic() - began_s
    return report


def _run(order: Order, subject: Subject, report: Report, tell: Callable[[str, str, int, int], None]) -> None:
    require_answer(subject, order.routes)
    report.server = STARTED if order.address is None else ""
    if memory.CHECK in order.checks:  # better now than after all the others
        report.server = ", ".join(filter(None, [report.server, str(subject.processes())]))
    routes = list(order.routes)
    if not routes:
        routes, report.left_out = answering(subject, routes_of_project())
        if not routes:
            raise PerftestError("None of the project's routes answers 200 to everybody. Name some with --route.")
    for case in run(subject, order.checks, routes, tell):
        report.cases.append(case)


@contextmanager
def _address(order: Order) -> Iterator[Address]:
    if order.address is not None:
        yield order.address
        return
    with own_server() as address:
        yield address


def _subject(order: Order, address: Address) -> Subject:
    if order.pids and order.address is None:
        raise PerftestError("--pid is a process of the server that --host names; without --host one is started.")
    if memory.CHECK in order.checks and not order.pids and not address.is_here:
        raise PerftestError(f"{address.host} is another machine: its memory can't be read from here. {WITHOUT}")
    return Subject(
        address,
        get_budgets(),
        lambda: ServerProcesses(order.pids) if order.pids else processes_on(address.port),
        order.extent,
    )
