"""``manage.py perf_token``: a token's life from the command line."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from perfmon.tokens import ApiToken, token_authenticate

pytestmark = pytest.mark.django_db


def run(*args: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("perf_token", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_create_prints_the_token_alone_on_standard_output() -> None:
    out, err = run("create", "importer", "--scope", "metrics:write", "--scope", "data:read")
    token = token_authenticate(raw=out.strip())
    assert token is not None
    assert (token.name, token.scopes) == ("importer", ["data:read", "metrics:write"])
    assert "shown this once" in err


def test_create_may_set_an_end() -> None:
    run("create", "importer", "--scope", "metrics:write", "--days", "90")
    expires_at = ApiToken.objects.get().expires_at
    assert expires_at is not None
    assert timedelta(days=89) < expires_at - timezone.now() <= timedelta(days=90)


def test_list_shows_everything_but_the_token() -> None:
    raw = run("create", "importer", "--scope", "metrics:write")[0].strip()
    out, _ = run("list")
    assert "importer" in out
    assert "metrics:write; never used" in out
    assert raw[:9] in out
    assert raw not in out


def test_list_of_nothing_says_how_to_begin() -> None:
    assert "perf_token create" in run("list")[0]


def test_revoke_ends_a_token() -> None:
    raw = run("create", "importer", "--scope", "metrics:write")[0].strip()
    token = ApiToken.objects.get()
    assert f"Token {token.pk} is revoked." in run("revoke", str(token.pk))[0]
    assert token_authenticate(raw=raw) is None
    assert "revoked" in run("list")[0]
    with pytest.raises(CommandError, match="no live token"):
        run("revoke", str(token.pk))


@pytest.mark.parametrize(
    "args",
    [
        ("create", "importer"),
        ("create", "importer", "--scope", "everything"),
        ("create", "", "--scope", "data:read"),
        ("create", "importer", "--scope", "data:read", "--days", "0"),
        ("create", "importer", "--scope", "data:read", "--days", "soon"),
        ("revoke", "one"),
        (),
    ],
)
def test_wrong_arguments_make_nothing(args: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*args)
    assert not ApiToken.objects.exists()


def test_help_teaches_scopes_and_a_whole_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("perf_token", "--help")
    text = capsys.readouterr().out
    assert "metrics:write" in text
    assert "curl" in text
