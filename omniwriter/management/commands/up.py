"""``manage.py up``: the whole project with one command."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from omniwriter.stack.errors import StackError
from omniwriter.stack.profiles import DEFAULT, PROFILES, WEB_PROCESSES, Options, require_profile
from omniwriter.stack.session import Session, adopt_databases
from omniwriter.stack.view import make_view


class Command(BaseCommand):
    """Start everything, watch over it, stop it at Ctrl-C."""

    help = (
        "Start Valkey, the bundled language model (unless LLM_ENDPOINTS names others), the site, the worker, the "
        "writer, the scheduler and the collector, and watch over them until Ctrl-C. "
        "The profile cluster adds a PostgreSQL primary with two streaming replicas, kept in var/postgres, and serves "
        "the site from two processes; without it the database is what DATABASE_URL names, else SQLite."
    )
    requires_system_checks = ()  # the few that matter before a start are run by the session; all take a second more

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8000, help="port of the site (default 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--profile", default=DEFAULT, help=f"what to run: {' or '.join(PROFILES)} ({DEFAULT})")
        parser.add_argument(
            "--web",
            type=int,
            help="number of web processes, one port each from --port on "
            f"({', '.join(f'{number} with {name}' for name, number in WEB_PROCESSES.items())})",
        )
        parser.add_argument(
            "--admin-password",
            default=settings.ENV["OMNI_ADMIN_PASSWORD"],
            help="password of the account admin when it is created (default: a random one, shown once)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        try:
            self._run(**options)
        except StackError as error:
            raise CommandError(str(error)) from None

    def _run(self, *, host: str, port: int, profile: str, web: int | None, admin_password: str, **_: Any) -> None:
        require_profile(profile)
        adopt_databases(profile)
        processes = WEB_PROCESSES[profile] if web is None else web
        chosen = Options(host, port, processes, profile, at_once=settings.GENERATE_AT_ONCE)
        view = make_view()
        try:
            Session(chosen, view, admin_password=admin_password).run()
        finally:
            view.close()
