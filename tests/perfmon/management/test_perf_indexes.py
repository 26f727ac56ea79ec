"""``manage.py perf_indexes``: text, JSON, and what it refuses."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from perfmon.models import IndexReport
from tests.fixtures.servers import aliased


def output_of(*arguments: str) -> str:
    """What the command writes."""
    out = StringIO()
    call_command("perf_indexes", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_text_names_the_database_what_was_found_and_that_nothing_was_changed():
    text = output_of()
    assert text.startswith("Indexes of default (SQLite), ")
    assert "Foreign keys without an index" in text
    assert "CREATE INDEX " in text
    assert "Nothing was changed." in text
    assert IndexReport.objects.count() == 0


@pytest.mark.django_db
def test_json_has_the_same_findings():
    report = json.loads(output_of("--json"))
    assert report["alias"] == "default"
    text = output_of()
    assert all(one["sql"][0] in text for one in report["findings"])


@pytest.mark.django_db
def test_a_stored_report_is_the_one_that_was_written():
    written = json.loads(output_of("--json", "--store"))
    assert IndexReport.objects.get().content == written


def test_postgresql_is_asked_by_its_alias(postgres_alias):
    report = json.loads(output_of("--database", postgres_alias, "--min-days", "0", "--json"))
    assert report["vendor"] == "PostgreSQL"
    assert report["days"] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--database", "nowhere"], "DATABASES has: default"),
        (["--min-days", "-1"], "whole number of days"),
        (["--min-days", "soon"], "whole number of days"),
    ],
)
def test_a_wrong_option_is_answered_with_what_is_right(arguments, says):
    with pytest.raises(CommandError, match=says):
        output_of(*arguments)


def test_a_database_that_is_away_is_an_error(django_db_blocker):
    with (
        aliased("postgres://nobody@127.0.0.1:1/nothing", "away"),
        django_db_blocker.unblock(),
        pytest.raises(CommandError, match="away could not be"),
    ):
        output_of("--database", "away")
