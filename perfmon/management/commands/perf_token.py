"""``manage.py perf_token``: create, list and revoke the tokens programs use."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from perfmon.tokens import SCOPES, ApiToken, token_create, token_revoke

TEACHING = """\
scopes:
  metrics:write   send metrics to POST /api/metrics
  data:read       read GET /api/dashboard/data
  live:read       subscribe to the live websocket

examples:
  manage.py perf_token create batch-import --scope metrics:write --days 90
  curl -H "Authorization: Bearer pm_..." -H "Content-Type: application/json" \\
       -d '{"endpoint": "/import", "method": "POST", "response_time": 41.2, "status_code": 200}' \\
       http://localhost:8000/api/metrics
  manage.py perf_token list
  manage.py perf_token revoke 3
"""


class Command(BaseCommand):
    """Parses arguments; the work is done by ``perfmon.tokens``."""

    help = "Create, list and revoke the tokens programs use to send metrics and read the dashboard."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add the scopes and examples to the help text as they are written."""
        parser = super().create_parser(prog_name, subcommand, epilog=TEACHING, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the three actions."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
        create = actions.add_parser("create", help="Make a token; its text is shown once and not kept.")
        create.add_argument("name", help="Which program will use it.")
        create.add_argument("--scope", action="append", required=True, choices=SCOPES, help="May be given repeatedly.")
        create.add_argument("--days", type=_days, help="Days until it expires; without it the token never does.")
        actions.add_parser("list", help="Show every token with its scopes and when it was last used.")
        revoke = actions.add_parser("revoke", help="End a token at once.")
        revoke.add_argument("id", type=int, help="The number that 'list' shows.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Do one action."""
        {"create": self._create, "list": self._list, "revoke": self._revoke}[action](options)

    def _create(self, options: dict[str, Any]) -> None:
        days = options["days"]
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            token, raw = token_create(name=options["name"], scopes=options["scope"], expires_at=expires_at)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stderr.write(f"Token {token.pk} for {token.name}. It is shown this once; keep it safe:", lambda text: text)
        self.stdout.write(raw)  # alone on standard output, so that a script can take it

    def _list(self, options: dict[str, Any]) -> None:
        tokens = list(ApiToken.objects.all())
        if not tokens:
            self.stdout.write(
                "There are no tokens. Make one with: manage.py perf_token create NAME --scope metrics:write"
            )
        for token in tokens:
            self.stdout.write(f"{token.pk:>4}  {token.prefix}…  {token.name:<24}  {_state(token)}")
            self.stdout.write(f"      {', '.join(token.scopes)}; {_used(token)}")

    def _revoke(self, options: dict[str, Any]) -> None:
        if not token_revoke(token_id=options["id"]):
            raise CommandError(f"There is no live token {options['id']}; see: manage.py perf_token list")
        self.stdout.write(f"Token {options['id']} is revoked.")


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3650:
        raise ArgumentTypeError("must be a whole number of days from 1 to 3650")
    return int(text)


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return f"revoked {token.revoked_at:%Y-%m-%d}"
    if token.expires_at is None:
        return "never expires"
    word = "expired" if token.expires_at <= timezone.now() else "expires"
    return f"{word} {token.expires_at:%Y-%m-%d}"


def _used(token: ApiToken) -> str:
    return f"last used {token.last_used_at:%Y-%m-%d %H:%M} UTC" if token.last_used_at else "never used"
