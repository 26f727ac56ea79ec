"""One run of ``manage.py up`` from the first check to the last stop."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connections

from omniwriter.origin import writable_folder
from omniwriter.stack import prepare
from omniwriter.stack.errors import StackError
from omniwriter.stack.ports import answers, require_free
from omniwriter.stack.process import Tree
from omniwriter.stack.profiles import PAGES, Options, application_services, require_profile
from omniwriter.stack.service import Running, Service
from omniwriter.stack.supervisor import Supervisor
from omniwriter.stack.valkey import valkey_service, valkey_url
from omniwriter.stack.view import LineView, TableView

MAX_WEB = 64
LOOPBACKS = ("127.0.0.1", "::1", "localhost")
LEFTOVER_S = 4.0  # how long the sentinel of a killed supervisor may still be at work
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Session:
    """Checks, starts, prepares, announces, watches, stops."""

    def __init__(self, options: Options, view: LineView | TableView, *, admin_password: str) -> None:
        self._options = options
        self._view = view
        self._password = admin_password
        self._var = Path(settings.VAR_DIR)
        self._starting = True
        self._stop_asked = False
        self._account = prepare.Account(created=False)

    def run(self) -> None:
        """Run everything until a stop signal; raises StackError when it can't be started."""
        self._check()
        logs = writable_folder(self._var / "log")
        with only_one(self._var), Tree() as tree, self._stopping_on_signals():
            supervisor = Supervisor(tree, logs, self._view)
            try:
                self._start(supervisor, tree, logs)
                supervisor.run(lambda: self._stop_asked)
            except KeyboardInterrupt:
                self._view.say("Not started.")
            finally:
                self._starting = False
                self._show_password()  # even when the start failed: it is kept nowhere
                self._view.say("Stopping.")
                supervisor.stop()

    def _check(self) -> None:
        require_profile(self._options.profile)
        if not 1 <= self._options.web <= MAX_WEB:
            raise StackError(f"--web must be between 1 and {MAX_WEB}, not {self._options.web}.")
        for port in self._options.ports:
            require_free(self._options.host, port)

    def _start(self, supervisor: Supervisor, tree: Tree, logs: Path) -> None:
        env = {"OMNI_STATIC_COLLECTED": "1", "OMNI_RELEASE": settings.RELEASE, "PYTHONUNBUFFERED": "1"}
        collecting = prepare.collecting(env)
        static = Running(collecting, tree, logs / "static.log") if collecting else None
        if settings.REDIS_URL:
            self._prepare()
        else:
            valkey = valkey_service(self._var / "valkey")
            _wait_for_leftover(valkey)
            supervisor.start([valkey], meanwhile=self._prepare)
            env["REDIS_URL"] = valkey_url(valkey)
        if static:
            prepare.finish_collecting(static)
        services = application_services(self._options, root=settings.BASE_DIR, var=self._var, env=env)
        pages = [service for service in services if service.stage == PAGES]
        # The checks import half the project: on the second core, while the first imports it for the pages.
        supervisor.start(pages, meanwhile=prepare.check_settings)
        self._announce()
        supervisor.start(service for service in services if service.stage > PAGES)
        self._starting = False

    def _prepare(self) -> None:
        if prepare.migrate_database():
            self._view.say("Tables are up to date.")
        self._account = prepare.ensure_admin(self._password)
        if self._account.created:
            prepare.load_starter()
        connections.close_all()

    def _announce(self) -> None:
        took_s = time.time() - psutil.Process().create_time()
        say, options = self._view.say, self._options
        url = options.url(options.port)
        say(f"\nThe site is ready after {took_s:.1f} s.")
        say(f"  Site       {url}/")
        say(f"  Dashboard  {url}/dashboard")
        say(f"  Admin      {url}/admin/")
        if options.web > 1:
            say(f"  {options.web} web processes without a balancer: ports {options.ports[0]} to {options.ports[-1]}.")
        if options.host not in LOOPBACKS:
            say(f"  Others reach it under the names in ALLOWED_HOSTS only: {', '.join(settings.ALLOWED_HOSTS)}.")
        if self._account.shown_password:
            self._show_password()
        elif self._account.created:
            say(f"  Log in as {prepare.ADMIN} with the password you chose.")
        elif self._password:
            say("  An administrator exists already; `manage.py changepassword` changes a password.")
        say(f"  Logs       {self._var / 'log'}\n")

    def _show_password(self) -> None:
        if password := self._account.shown_password:
            self._view.say(f"  Log in as {prepare.ADMIN} with the password {password} (shown this once).")
            self._account = prepare.Account(created=True)

    @contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        def ask(number: int, frame: object) -> None:
            self._stop_asked = True
            if self._starting:
                self._starting = False
                raise KeyboardInterrupt

        before = {number: signal.signal(number, ask) for number in STOP_SIGNALS}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the lock of a folder; raises StackError when another ``up`` runs from it. The kernel frees it at any end."""
    with (var / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StackError(
                f"It runs already from {var} (process {lock.read().strip() or 'unknown'}). "
                "Stop that one, or set OMNI_VAR_DIR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _wait_for_leftover(service: Service) -> None:
    """Wait until the same service of a supervisor that was just killed is gone; it would share our files."""
    deadline = time.monotonic() + LEFTOVER_S
    while service.listens is not None and answers(service.listens):
        if time.monotonic() > deadline:
            raise StackError(f"Another {service.name} still answers on {service.listens}. Stop it and try again.")
        time.sleep(0.05)
