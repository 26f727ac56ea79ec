"""``python -m perfmon.loadtest.generator``: a load generator led over stdin and stdout; see ``protocol``."""

import locust  # noqa: F401  # isort: skip  # first: it replaces the standard library's sockets, for all that comes after

import argparse
import gc
import logging
import os
import resource
import secrets
import signal
import sys

from perfmon.loadtest.generator.alone import Alone
from perfmon.loadtest.generator.dialogue import Dialogue, Made
from perfmon.loadtest.generator.master import Master
from perfmon.loadtest.generator.pipes import Pipes
from perfmon.loadtest.generator.protocol import SECRET_VARIABLE
from perfmon.loadtest.generator.worker import work
from perfmon.loadtest.plans import Plan

_SECRET_MISSING = (
    f"Set {SECRET_VARIABLE} to the same text here and where the workers are started: a worker is given the plan with "
    "the users' sessions, so it must show that it belongs to you."
)


def main() -> int:
    """Lead one run, or be a worker of another; returns the exit code."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group; our leader decides
    gc.freeze()  # what is loaded stays: the collector need not look at it
    _allow_many_connections()
    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret and (options.expect_workers or options.worker):
        sys.stderr.write(f"{_SECRET_MISSING}\n")
        return 2
    if options.worker:
        return work(options.worker, secret, owned=options.owned)

    def make(plan: Plan) -> Made:
        if plan.workers or options.expect_workers:
            expected, port = options.expect_workers, options.master_port
            return Master(plan, port=port, expected=expected, secret=secret or secrets.token_hex())
        return Alone(plan)

    return Dialogue(Pipes(), make).run()


def _allow_many_connections() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m perfmon.loadtest.generator", description=__doc__)
    parser.add_argument("--master-port", type=int, default=0, metavar="PORT", help="where workers come in; 0: any port")
    parser.add_argument(
        "--expect-workers", type=int, default=0, metavar="N", help="wait for so many workers of other machines"
    )
    parser.add_argument("--worker", metavar="HOST:PORT", help="be a worker of the master there")
    parser.add_argument("--owned", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # at once: all is told, and no connection that lingers is waited for
