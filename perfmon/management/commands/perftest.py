"""``manage.py perftest``: is the site fast enough, also under many at once, and does its memory stay what it is?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from perfmon.exceptions import PerftestError
from perfmon.management.files import file_to_write
from perfmon.perftest.addresses import address_of, route_of
from perfmon.perftest.junit import junit_xml
from perfmon.perftest.memory import MIN_REQUESTS
from perfmon.perftest.orders import Order, perftest
from perfmon.perftest.progress import Progress
from perfmon.perftest.routes import MOST_ROUTES
from perfmon.perftest.subjects import Extent
from perfmon.perftest.suite import CHECKS, Report
from perfmon.perftest.tables import report_text

TEACHING = """\
what is checked of each route, with limits from PERF_BUDGETS:
  time         requests one after the other on a kept connection, warm: their 95th percentile (p95_ms), and
               every answer's status
  concurrency  volleys of requests that leave at the same moment, each on a connection that is open already:
               their 95th percentile (perftest_at_once_p95_ms) and the success rate of the worst volley
               (perftest_success_pct). A request that failed counts with the time it took
  memory       how the memory of the server's processes grows with its requests, by slope and after a warm-up
               (perftest_leak_bytes a request, perftest_growth_bytes in 1,000)

Only GETs are sent. Without --host a server of this project is started on a free port, on its configured
database, and ended afterwards.

examples:
  manage.py perftest
  manage.py perftest --route / --route /api/articles --checks time,concurrency
  manage.py perftest --host http://127.0.0.1:8000 --route / --memory-requests 50000
  manage.py perftest --junit perftest.xml --json perftest.json
  manage.py perftest --route / --json - | jq '.cases[] | select(.verdict != "passed")'

exit codes: 0 all within their limits, 1 a check failed, 2 wrong use, 3 the server can't be reached, started or
watched, 130 stopped by Ctrl-C, with what was measured until then
"""
OUTPUT = "-"
FAILED, WRONG_USE, COULD_NOT_RUN, INTERRUPTED = 1, 2, 3, 130
USUAL = Extent()
PID_HELP = "a process of the server, where its port does not tell it; repeatable"
ROUTE_HELP = f"a route; repeatable. Without: the first {MOST_ROUTES} without arguments that answer everybody"
CHECKS_HELP = f"some of {','.join(CHECKS)}; without, all"
EXPECT_HELP = "a status that is no failure; repeatable. Without: 200"
#: Option, field of Extent, least, most, what it is.
AMOUNTS = (
    ("--requests", "time_requests", 20, 100_000, "requests of the check of times"),
    ("--at-once", "at_once", 2, 1000, "requests of a volley"),
    ("--volleys", "volleys", 1, 1000, "volleys of a route"),
    ("--memory-requests", "memory_requests", MIN_REQUESTS, 10_000_000, "requests of the check of memory"),
    ("--memory-seconds", "memory_limit_s", 10, 86_400, "longest check of a route's memory, with fewer requests then"),
    ("--drift-seconds", "drift_s", 0, 3600, "look so long at what memory does without load, should it seem to leak"),
    ("--timeout", "timeout_s", 1, 600, "seconds after which a request has failed"),
)


class Command(BaseCommand):
    """Parses arguments and writes what came of it; the work is done by ``perfmon.perftest``."""

    help = "Check response times, concurrency and the growth of the server's memory, route by route."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add what is checked and the examples to the help text as they are written."""
        parser = super().create_parser(prog_name, subcommand, epilog=TEACHING, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        repeated: dict[str, Any] = {"action": "append", "default": []}
        where = parser.add_argument_group("where")
        where.add_argument("--host", metavar="URL", help="a running server; without, one is started for the test")
        where.add_argument("--allow-host", metavar="NAME", **repeated, help="a host that is not this one; repeatable")
        where.add_argument("--pid", type=_between(1, 2**31), metavar="PID", **repeated, help=PID_HELP)
        what = parser.add_argument_group("what")
        what.add_argument("--route", metavar="PATH", **repeated, help=ROUTE_HELP)
        what.add_argument("--checks", type=_checks, default=tuple(CHECKS), metavar="LIST", help=CHECKS_HELP)
        what.add_argument("--expect", type=_between(100, 599), metavar="STATUS", **repeated, help=EXPECT_HELP)
        report = parser.add_argument_group("report")
        report.add_argument(
            "--json", type=_file_or_output, metavar="FILE", help="write JSON there; - is standard output"
        )
        report.add_argument("--junit", type=file_to_write, metavar="FILE", help="write JUnit's XML there")
        amounts = parser.add_argument_group("how much")
        for option, name, least, most, says in AMOUNTS:
            usual = int(getattr(USUAL, name))
            amounts.add_argument(
                option, dest=name, type=_between(least, most), default=usual, metavar="N", help=f"{says}; {usual:,}"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the test and write the report; leaves by SystemExit unless all is well."""
        progress = Progress(sys.stderr)
        try:
            order = _order(options)
            report = perftest(order, progress)
        except PerftestError as error:
            progress.clear()
            raise CommandError(str(error), returncode=COULD_NOT_RUN if error.could_not_run else WRONG_USE) from error
        progress.clear()
        self._write(report, order, options)
        if report.stopped:
            sys.exit(INTERRUPTED)
        if not report.passed:
            sys.exit(FAILED)

    def _write(self, report: Report, order: Order, options: dict[str, Any]) -> None:
        (self.stderr if options["json"] == OUTPUT else self.stdout).write(report_text(report, order.extent), ending="")
        content = orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2) + b"\n"
        if options["json"] == OUTPUT:
            self.stdout.write(content.decode(), ending="")
        elif options["json"]:
            options["json"].write_bytes(content)
        if options["junit"]:
            options["junit"].write_bytes(junit_xml(report))


def _order(options: dict[str, Any]) -> Order:
    extent = {name: options[name] for name in Extent.__slots__ if name in options}
    if options["expect"]:
        extent["expects"] = tuple(options["expect"])
    return Order(
        address=address_of(options["host"], allowed=options["allow_host"]) if options["host"] else None,
        routes=tuple(dict.fromkeys(map(route_of, options["route"]))),
        checks=options["checks"],
        pids=tuple(options["pid"]),
        extent=Extent(**extent),
    )


def _checks(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        raise ArgumentTypeError(f"there is no check {unknown[0]!r}; there are {', '.join(CHECKS)}")
    return names


def _file_or_output(text: str) -> Path | str:
    return text if text == OUTPUT else file_to_write(text)


def _between(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdigit() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"must be a whole number from {least:,} to {most:,}")
        return int(text)

    return read
