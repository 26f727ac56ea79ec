"""``manage.py loadtest``: put a site under load, and say whether it holds."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from perfmon.conf import get_config
from perfmon.exceptions import LoadTestError
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.plans import MODELS
from perfmon.loadtest.profiles import PROFILES
from perfmon.management.files import file_to_write

HELP = """\
Put a site under load with Locust, in a process of its own, and say whether it holds. The figures go to the dashboard
while it runs, and stay there with the verdict.

  manage.py loadtest                                     the profile "load" against this machine's site
  manage.py loadtest --profile smoke                     does everything answer?
  manage.py loadtest --profile stress                    where does it break?
  manage.py loadtest --profile load --duration 60 --rate 40 --threshold "p95 < 300 ms"
  manage.py loadtest --profile mine.toml --report out.html
  manage.py loadtest --profile smoke --save-baseline main
  manage.py loadtest --profile smoke --compare main      fails when a route has become slower

Two models: "open" sends arrivals at a rate, whatever the answers take, and counts from the moment each was due;
"closed" has users who wait for their answer and pause before the next. Only the open one sees a stall in full.

Exit code: 0 passed, 1 a threshold or a comparison failed, 2 wrong use, 3 could not be run, 130 stopped.
"""
FAILED, WRONG, BROKEN, STOPPED = 1, 2, 3, 130
_CODES = {RunStatus.PASSED: 0, RunStatus.FAILED: FAILED, RunStatus.STOPPED: STOPPED, RunStatus.BROKEN: BROKEN}


class Command(BaseCommand):
    """Run one load test, or see to those there are."""

    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the lines of the help as they are."""
        from argparse import RawDescriptionHelpFormatter

        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        what = parser.add_argument_group("what is done")
        what.add_argument(
            "--profile", default="load", metavar="NAME|FILE", help=f"{', '.join(PROFILES)}, or a .toml file"
        )
        what.add_argument(
            "--duration", type=float, metavar="S", help="stretch or shorten the profile to so many seconds"
        )
        what.add_argument("--rate", type=float, metavar="N", help="most arrivals a second; means --model open")
        what.add_argument("--users", type=float, metavar="N", help="most users; means --model closed")
        what.add_argument("--model", choices=MODELS, help="what the profile's targets mean")
        what.add_argument("--scenario", default="", metavar="PATH", help="class that says what users do")
        where = parser.add_argument_group("where")
        where.add_argument(
            "--host", default="", metavar="URL", help=f"the site; by default {get_config().loadtest_host}"
        )
        where.add_argument(
            "--allow-host", action="append", default=[], metavar="NAME", help="a host that is not this one"
        )
        where.add_argument(
            "--workers", type=int, default=0, metavar="N", help="more generator processes, for more load"
        )
        where.add_argument(
            "--expect-workers", type=int, default=0, metavar="N", help="wait for so many of other machines"
        )
        where.add_argument("--master-port", type=int, default=0, metavar="PORT", help="where those come in")
        verdict = parser.add_argument_group("the verdict")
        verdict.add_argument("--threshold", action="append", default=[], metavar="LIMIT", help='such as "p95 < 300 ms"')
        verdict.add_argument("--save-baseline", default="", metavar="NAME", help="measure rounds, and name the run")
        verdict.add_argument("--compare", default="", metavar="NAME|URL", help="measure rounds against a baseline")
        verdict.add_argument(
            "--rounds", type=int, default=0, metavar="N", help="at least so many rounds; more see finer"
        )
        output = parser.add_argument_group("output")
        output.add_argument(
            "--json", action="store_true", help="the run as JSON on standard output, words on the other"
        )
        output.add_argument("--report", type=file_to_write, metavar="FILE", help="write the offline report")
        others = parser.add_argument_group("other runs")
        others.add_argument("--list", action="store_true", help="list the profiles and the last runs")
        others.add_argument("--stop", action="store_true", help="ask the run that is on to stop")
        others.add_argument("--clean", type=int, metavar="RUN", help="remove what a run left behind")
        others.add_argument("--run", type=int, metavar="RUN", help="conduct a run that waits; collectors use it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the options ask for."""
        try:
            for name in ("list", "stop", "clean"):
                if options[name]:
                    getattr(self, f"_{name}")(options[name])
                    return
            run = self._conduct(options)
        except (LoadTestError, ImproperlyConfigured) as error:
            raise CommandError(str(error), returncode=WRONG) from error
        sys.exit(_CODES[RunStatus(run.status)])

    def _conduct(self, options: dict[str, Any]) -> LoadRun:
        from perfmon.loadtest.arguments import generators_of
        from perfmon.loadtest.conductor import Conductor
        from perfmon.loadtest.gating import Gate
        from perfmon.loadtest.runs import run_name_baseline
        from perfmon.loadtest.terminal import Terminal, report

        terminal = Terminal(sys.stderr if options["json"] else sys.stdout)
        with _stopping(terminal):
            gate = Gate(options["save_baseline"], options["compare"], options["rounds"], tuple(options["allow_host"]))
            gate.check()
            generators = generators_of(options)
            run = Conductor(self._run(options), terminal, generators, gate).conduct()
            if gate.save_as and run.status in (RunStatus.PASSED, RunStatus.FAILED):
                run = run_name_baseline(run_id=run.pk, name=gate.save_as)
        self._show(run, options, report(run))
        return run

    def _run(self, options: dict[str, Any]) -> LoadRun:
        """Return the run to conduct, which is this process's from now on."""
        from perfmon.loadtest.arguments import profile_of
        from perfmon.loadtest.runs import check_host, run_begin, run_claim
        from perfmon.loadtest.scenarios import get_scenario

        if options["run"] is not None:
            return run_claim(run_id=options["run"])
        host = check_host(options["host"] or get_config().loadtest_host, options["allow_host"])
        profile = profile_of(options)
        get_scenario(options["scenario"] or profile.scenario)  # or there is no run
        return run_begin(profile=profile, host=host, scenario=options["scenario"])

    def _show(self, run: LoadRun, options: dict[str, Any], words: str) -> None:
        if options["report"]:
            from perfmon.loadtest.report import report_html

            options["report"].write_text(report_html(run), encoding="utf-8")
        if options["json"]:
            from perfmon.loadtest.runs import run_json

            self.stdout.write(json.dumps(run_json(run), indent=1))
            self.stderr.write(words)
        else:
            self.stdout.write(f"\n{words}")
        if options["report"]:
            self.stderr.write(f"The report is in {options['report']}.")

    def _list(self, _: bool) -> None:
        from perfmon.loadtest.runs import runs_list

        for profile in PROFILES.values():
            self.stdout.write(f"{profile.name:8} {profile.model:7} {profile.about}")
        for run in runs_list(20):
            named = f"  baseline {run.baseline}" if run.baseline else ""
            when = f"{run.pk:6}  {run.created_at:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{when}  {run.profile_name:8} {run.model:7} {run.status:8} {run.host}{named}")

    def _stop(self, _: bool) -> None:
        from perfmon.loadtest.runs import run_open, run_stop

        run = run_open()
        if run is None:
            self.stdout.write("No load test is on.")
        elif run_stop(run_id=run.pk):
            self.stdout.write(f"Load test {run.pk} is asked to stop.")

    def _clean(self, run_id: int) -> None:
        from perfmon.loadtest.scenarios import get_scenario

        run = LoadRun.objects.filter(pk=run_id).first()
        get_scenario(run.scenario if run else "").remove(run_id)
        self.stdout.write(f"Nothing of load test {run_id} is left.")


@contextmanager
def _stopping(terminal: Any) -> Iterator[None]:
    """Let Ctrl-C end the run and not the program: what was measured is kept, what was made is removed."""
    before = {
        number: signal.signal(number, lambda *_: setattr(terminal, "stop_asked", True))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
