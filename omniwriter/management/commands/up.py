"""``manage.py up``: the whole project with one command."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from omniwriter.stack.errors import StackError
from omniwriter.stack.profiles import PROFILES, Options
from omniwriter.stack.session import Session
from omniwriter.stack.view import make_view


class Command(BaseCommand):
    """Start everything, watch over it, stop it at Ctrl-C."""

    help = "Start Valkey, the site, the worker, the scheduler and the collector, and watch over them until Ctrl-C."
    requires_system_checks = ()  # the few that matter before a start are run by the session; all take a second more

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8000, help="port of the site (default 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--profile", default="default", help=f"what to run: {', '.join(PROFILES)}")
        parser.add_argument(
            "--web", type=int, default=1, help="number of web processes, one port each from --port on (default 1)"
        )
        parser.add_argument(
            "--admin-password",
            default=settings.ENV["OMNI_ADMIN_PASSWORD"],
            help="password of the account admin when it is created (default: a random one, shown once)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        chosen = Options(host=options["host"], port=options["port"], web=options["web"], profile=options["profile"])
        view = make_view()
        try:
            Session(chosen, view, admin_password=options["admin_password"]).run()
        except StackError as error:
            raise CommandError(str(error)) from None
        finally:
            view.close()
