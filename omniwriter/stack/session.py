"""One run of ``manage.py up`` from the first check to the last stop."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from omniwriter.budget import configured_pool
from omniwriter.origin import writable_folder
from omniwriter.stack import prepare
from omniwriter.stack.errors import StackError
from omniwriter.stack.joining import LOCK_NAME, told
from omniwriter.stack.llm import llm_endpoint, llm_service
from omniwriter.stack.ports import answers, require_free
from omniwriter.stack.process import Tree
from omniwriter.stack.profiles import (
    CLUSTER,
    PAGES,
    Options,
    application_services,
    connection_claims,
    fitting_pool,
)
from omniwriter.stack.service import Running, Service
from omniwriter.stack.supervisor import State, Supervisor
from omniwriter.stack.valkey import valkey_service, valkey_url
from omniwriter.stack.view import LineView, TableView

if TYPE_CHECKING:
    from omniwriter.stack.cluster import Cluster

MAX_WEB = 64
MAX_SHOWN = 4
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
        self._word = ExitStack()  # what other commands are told of this one
        self._starting = True
        self._stop_asked = False
        self._account = prepare.Account(created=False)
        self._cluster = cluster_of(options.profile)
        self._pool = configured_pool()
        if self._cluster:
            self._pool = fitting_pool(options, self._pool, self._cluster.max_connections)

    def run(self) -> None:
        """Run everything until a stop signal; raises StackError when it can't be started."""
        self._check()
        logs = writable_folder(self._var / "log")
        with only_one(self._var), self._word, Tree() as tree, self._stopping_on_signals():
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
                if self._cluster:
                    self._cluster.checkpoint()
                supervisor.stop()
                gc.freeze()  # the interpreter's last look for garbage takes 0.4 s, and there is nothing to be found

    def _check(self) -> None:
        if not 1 <= self._options.web <= MAX_WEB:
            raise StackError(f"--web must be between 1 and {MAX_WEB}, not {self._options.web}.")
        for port in self._options.ports:
            require_free(self._options.host, port)

    def _start(self, supervisor: Supervisor, tree: Tree, logs: Path) -> None:
        env = {"OMNI_STATIC_COLLECTED": "1", "OMNI_RELEASE": settings.RELEASE, "PYTHONUNBUFFERED": "1"}
        collecting = prepare.collecting(env)
        static = Running(collecting, tree, logs / "static.log") if collecting else None
        models = supervisor.start([] if settings.LLM_ENDPOINTS else [llm_service(settings.BASE_DIR)])
        env |= self._start_foundations(supervisor)
        if static:
            prepare.finish_collecting(static)
        for model in models:
            if model.state is not State.UNAVAILABLE:  # one that can't run here has said so by now
                env["LLM_ENDPOINTS"] = llm_endpoint(model.service)
        env["OMNI_LOADTEST_HOST"] = self._options.url(self._options.ports[0])
        self._word.enter_context(told(self._var, env))
        services = application_services(self._options, root=settings.BASE_DIR, var=self._var, env=env, pool=self._pool)
        pages = [service for service in services if service.stage == PAGES]
        # The checks import half the project: on the second core, while the first imports it for the pages.
        supervisor.start(pages, meanwhile=prepare.check_settings)
        self._announce()
        supervisor.start(service for service in services if service.stage > PAGES)
        self._starting = False

    def _start_foundations(self, supervisor: Supervisor) -> dict[str, str]:
        """Start what the project stands on, and prepare it beside; return the variables that lead to it."""
        env: dict[str, str] = {}
        foundations = []
        for variable, valkey in self._valkeys():
            _wait_for_leftover(valkey)
            env[variable] = valkey_url(valkey)
            foundations.append(valkey)
        if not self._cluster:
            self._start_beside(supervisor, foundations)
            return env
        self._cluster.prepare()
        supervisor.start([*foundations, self._cluster.primary()])
        self._cluster.prepare_database()
        self._start_beside(supervisor, self._cluster.replicas(root=settings.BASE_DIR))
        return env | self._cluster.environment()

    def _valkeys(self) -> Iterator[tuple[str, Service]]:
        """Yield the bundled servers with the variable of each: the cache's may give up values, the other nothing."""
        if not settings.REDIS_URL:
            yield "REDIS_URL", valkey_service(self._var / "valkey")
            if not settings.CACHE_URL:
                folder, most_mb = self._var / "cache", settings.ENV["OMNI_CACHE_MB"]
                yield "OMNI_CACHE_URL", valkey_service(folder, name="cache", most_mb=most_mb)

    def _start_beside(self, supervisor: Supervisor, services: list[Service]) -> None:
        if services:
            supervisor.start(services, meanwhile=self._prepare)
        else:
            self._prepare()

    def _prepare(self) -> None:
        aliases = [DEFAULT_DB_ALIAS] if self._cluster else settings.DATABASES  # its replicas take what it takes
        prepare.check_budget(connection_claims(self._options, self._pool), aliases)
        if prepare.migrate_database():
            self._view.say("Tables are up to date.")
        self._account = prepare.ensure_admin(self._password)
        if self._account.created:
            prepare.load_starter()
        prepare.leave_databases()

    def _announce(self) -> None:
        took_s = time.time() - psutil.Process().create_time()
        say, options = self._view.say, self._options
        urls = [options.url(port) for port in options.ports]
        say(f"\nThe site is ready after {took_s:.1f} s.")
        say(f"  Site       {', '.join(f'{url}/' for url in urls[:MAX_SHOWN])}")
        say(f"  Dashboard  {urls[0]}/dashboard")
        say(f"  Admin      {urls[0]}/admin/")
        if len(urls) > 1:
            say(f"  {len(urls)} web processes without a balancer: ports {options.ports[0]} to {options.ports[-1]}.")
        if self._cluster:
            self._announce_databases(self._cluster)
        if options.host not in LOOPBACKS:
            say(f"  Others reach it under the names in ALLOWED_HOSTS only: {', '.join(settings.ALLOWED_HOSTS)}.")
        if self._account.shown_password:
            self._show_password()
        elif self._account.created:
            say(f"  Log in as {prepare.ADMIN} with the password you chose.")
        elif self._password:
            say("  An administrator exists already; `manage.py changepassword` changes a password.")
        say(f"  Logs       {self._var / 'log'}\n")

    def _announce_databases(self, databases: Cluster) -> None:
        say = self._view.say
        say(f"  Primary    {databases.url}")
        for url in databases.replica_urls:
            say(f"  Replica    {url}")
        say("  Other commands reach them with DATABASE_URL set to the primary's address, as psql does.")
        if self._pool.most < settings.HTTP_THREADS:
            say(
                f"  A web process has {self._pool.most} database connections for {settings.HTTP_THREADS} threads: "
                "requests will wait. Start fewer of them, or lower OMNI_HTTP_THREADS."
            )

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


def cluster_of(profile: str) -> Cluster | None:
    """Return the PostgreSQL that a profile brings along."""
    if profile != CLUSTER:
        return None
    from omniwriter.stack.cluster import Cluster  # psycopg costs the default profile's start 0.1 s

    return Cluster(Path(settings.VAR_DIR) / "postgres")


def adopt_databases(profile: str) -> None:
    """Begin this program anew with the profile's database in its settings, unless it is there already.

    Which database it is decides which models there are, so it can't be changed in a process that runs. The replicas are
    for the services only. Raises StackError when the settings name another database.
    """
    databases = cluster_of(profile)
    if databases is None:
        return
    primary, replicas = settings.ENV["DATABASE_URL"], settings.ENV["DATABASE_REPLICA_URLS"]
    if primary not in ("", databases.url) or replicas not in ([], databases.replica_urls):
        raise StackError(
            f"The profile {profile!r} brings its own PostgreSQL, but DATABASE_URL or DATABASE_REPLICA_URLS names "
            "another. Unset them, or use the profile 'default', which uses what they name."
        )
    if primary == databases.url:
        return
    os.environ["DATABASE_URL"] = databases.url
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the lock of a folder; raises StackError when another ``up`` runs from it. The kernel frees it at any end."""
    with (var / LOCK_NAME).open("a+") as lock:
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
