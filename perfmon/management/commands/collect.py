"""``manage.py collect``: run the collector."""

from __future__ import annotations

import gc
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from perfmon.conf import get_config


class Command(BaseCommand):
    """Merge every process's windows until told to stop."""

    help = (
        "Merge the measurements of all processes, keep the rollups and alerts, and push live frames. "
        "Run one or more: they elect a leader, and another takes over within seconds when it dies."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="do one round and end, for cron and tests")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        if not get_config().valkey_url:
            raise CommandError(
                'There is nothing to collect from: PERFMON["VALKEY_URL"] is empty, so every process collects '
                "for itself. Set it (or REDIS_URL) to share one collector between processes."
            )
        from perfmon.collector.loop import make_loop, settle_garbage

        loop = make_loop()
        if options["once"]:
            loop.once(time.time())
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Collecting; Ctrl-C ends it.")
        settle_garbage()
        loop.run(stop.wait)
        gc.freeze()  # the interpreter's last look for garbage takes 0.4 s, and there is nothing to be found
