"""``python -m perfmon.loadtest.generator``: a load generator led over stdin and stdout; see ``protocol``."""

import locust  # noqa: F401  # isort: skip  # first: it replaces the standard library's sockets, for all that comes after

import gc
import logging
import signal
import sys

from perfmon.loadtest.generator.alone import Alone
from perfmon.loadtest.generator.dialogue import Dialogue
from perfmon.loadtest.generator.pipes import Pipes


def main() -> int:
    """Lead one run; returns the exit code."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group; our leader decides
    gc.freeze()  # what is loaded stays: the collector need not look at it
    return Dialogue(Pipes(), Alone).run()


if __name__ == "__main__":
    sys.exit(main())
