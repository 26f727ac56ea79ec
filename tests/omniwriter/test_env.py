"""The environment is read whole or refused with the name and the fix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from omniwriter.env import VARIABLES, read_environment
from tests.fixtures.site import ROOT


def test_without_variables_every_setting_has_its_default() -> None:
    values = read_environment({})

    assert values.keys() == {variable.name for variable in VARIABLES}
    assert values["DEBUG"] is False
    assert values["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert values["OMNI_VAR_DIR"] == Path("var")
    assert values["OMNI_PERF_BUDGETS"] == {}


def test_values_take_the_form_their_variable_declares() -> None:
    values = read_environment(
        {
            "DEBUG": "Yes",
            "ALLOWED_HOSTS": "a.org, b.org",
            "DATABASE_REPLICA_URLS": "postgres://a/x, postgres://b/x",
            "OMNI_DB_POOL_SIZE": "5",
            "OMNI_PERF_BUDGETS": "p95_ms=800,a=0.5",
        }
    )

    assert values["DEBUG"] is True
    assert values["ALLOWED_HOSTS"] == ["a.org", "b.org"]
    assert values["DATABASE_REPLICA_URLS"] == ["postgres://a/x", "postgres://b/x"]
    assert values["OMNI_DB_POOL_SIZE"] == 5
    assert values["OMNI_PERF_BUDGETS"] == {"p95_ms": 800, "a": 0.5}


def test_an_empty_variable_means_its_default() -> None:
    assert read_environment({"OMNI_LANGUAGE": ""})["OMNI_LANGUAGE"] == "en"


def test_an_unknown_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"OMNI_RELAESE is not a setting.*Did you mean OMNI_RELEASE\?"):
        read_environment({"OMNI_RELAESE": "1"})


def test_an_unknown_variable_like_no_other_is_refused_with_where_to_look() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"OMNI_XYZZY.*docs/settings\.md"):
        read_environment({"OMNI_XYZZY": "1"})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DEBUG", "maybe", "DEBUG must be true or false, not 'maybe'"),
        ("OMNI_DB_POOL_SIZE", "-1", "OMNI_DB_POOL_SIZE must be a whole number, 0 or more, not '-1'"),
        ("OMNI_LANGUAGE", "fr", "OMNI_LANGUAGE must be one of en, pt-br; got 'fr'"),
        ("OMNI_PERF_BUDGETS", "p95_ms=fast", "OMNI_PERF_BUDGETS must look like name=number"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must be a URL"),
        ("REDIS_URL", "http://localhost", "REDIS_URL must start with one of redis://"),
        ("DATABASE_URL", "postgres://host:port/name", "DATABASE_URL"),
        ("DATABASE_REPLICA_URLS", "postgres://a/x, b:5432/x", "DATABASE_REPLICA_URLS must be a URL"),
        (
            "DATABASE_REPLICA_URLS",
            "postgres://a/x,sqlite:///x",
            "DATABASE_REPLICA_URLS must start with one of postgres://",
        ),
    ],
)
def test_a_malformed_value_is_refused_with_its_name(name: str, value: str, says: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(says)):
        read_environment({name: value})


def test_a_malformed_secret_is_not_shown() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment({"DATABASE_URL": "mysql://root:hunter2@host/name"})

    assert "hunter2" not in str(caught.value)


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")

    assert read_environment({"SECRET_KEY_FILE": str(tmp_path / "key")})["SECRET_KEY"] == "from a file"


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY_FILE names a file that can't be read.*No such file"):
        read_environment({"SECRET_KEY_FILE": str(tmp_path / "none")})


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="Both SECRET_KEY and SECRET_KEY_FILE"):
        read_environment({"SECRET_KEY": "a", "SECRET_KEY_FILE": str(tmp_path)})


def test_only_secrets_may_come_from_files() -> None:
    with pytest.raises(ImproperlyConfigured, match="OMNI_LANGUAGE_FILE is not a setting"):
        read_environment({"OMNI_LANGUAGE_FILE": "/tmp/x"})


def test_the_settings_page_documents_every_variable_with_its_default_and_help() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:`([^`]*)`|empty) \| (.+) \|$", text, re.MULTILINE)

    assert rows == [(variable.name, variable.default, variable.help) for variable in VARIABLES]
    assert all(f"`{variable.name}`" in text.partition("| Variable")[0] for variable in VARIABLES if variable.secret)
