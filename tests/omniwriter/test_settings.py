"""The settings module under different environments, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery.result import EagerResult
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from omniwriter.settings import celery_url, valkey_database
from omniwriter.stack.ports import free_port
from omniwriter.tasks import sessions_clear
from tests.fixtures.site import ROOT


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "OMNI_VAR_DIR": str(tmp_path), **environment}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


ONE_VALUE = "(lambda cursor: (cursor.execute({!r}), cursor.fetchone()[0])[1])(connection.cursor())"


def evaluate(tmp_path: Path, expression: str, **environment: str) -> Any:
    imports = "import json, time; from django.conf import settings; from django.core.cache import caches"
    code = f"{imports}; from django.db import connection; print(json.dumps({expression}))"
    done = manage(tmp_path, "shell", "--no-imports", "-c", code, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"OMNI_RELAESE": "1"}, "The environment variable OMNI_RELAESE is not a setting of this project. Did you mean"),
        ({"DEBUG": "maybe"}, "DEBUG must be true or false, not 'maybe'."),
        ({"OMNI_VAR_DIR": "/proc/nowhere"}, "Nothing can be written to /proc/nowhere"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_paragraph(
    tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    done = manage(tmp_path, "check", **environment)

    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_secret_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = evaluate(tmp_path, "settings.SECRET_KEY")

    assert len(first) >= 50
    assert evaluate(tmp_path, "settings.SECRET_KEY") == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_postgresql_is_used_through_a_pool(tmp_path: Path, postgres_url: str) -> None:
    query = ONE_VALUE.format("SELECT 1")

    assert evaluate(tmp_path, query, DATABASE_URL=postgres_url, OMNI_DB_POOL_SIZE="2") == 1


def test_sqlite_is_opened_in_wal_mode(tmp_path: Path) -> None:
    query = ONE_VALUE.format("PRAGMA journal_mode")

    assert evaluate(tmp_path, query) == "wal"


def test_sqlite_stays_open_from_one_request_to_the_next(tmp_path: Path) -> None:
    made = "connection.cursor().execute('CREATE TEMP TABLE of_this_connection (one)') and 1"
    ended = "len(__import__('django.core.signals', fromlist=['signals']).request_finished.send(None)) and 1"
    found = ONE_VALUE.format("SELECT COUNT(*) FROM of_this_connection")

    assert evaluate(tmp_path, f"[{made}, {ended}, {found}]") == [1, 1, 0]


def test_the_cache_works_in_valkey(tmp_path: Path, valkey_url: str) -> None:
    stored = "(caches['default'].set('key', [1]), caches['default'].get('key'))[1]"

    assert evaluate(tmp_path, stored, REDIS_URL=valkey_url) == [1]


def test_a_cache_that_is_away_answers_at_once_with_nothing(tmp_path: Path) -> None:
    code = (
        "caches['default'].get('a') or "  # the first time, what speaks to Valkey is imported
        "(lambda t: [caches['default'].get('a'), __import__('time').monotonic() - t])(__import__('time').monotonic())"
    )
    value, took_s = evaluate(tmp_path, code, REDIS_URL=f"redis://127.0.0.1:{free_port()}")

    assert value is None
    assert took_s < 1


@pytest.mark.parametrize(
    ("url", "number", "expected"),
    [
        ("redis://host:6379", 2, "redis://host:6379/2"),
        ("rediss://user:pw@host:6380/0", 3, "rediss://user:pw@host:6380/3"),
        ("unix:///run/valkey.sock", 2, "unix:///run/valkey.sock?db=2"),
        ("unix:///run/valkey.sock?db=0", 3, "unix:///run/valkey.sock?db=3"),
    ],
)
def test_each_use_of_valkey_has_a_database_of_its_own(url: str, number: int, expected: str) -> None:
    assert valkey_database(url, number) == expected


def test_celery_reaches_a_unix_socket_in_its_own_words() -> None:
    assert celery_url("unix:///run/valkey.sock") == "redis+socket:///run/valkey.sock?virtual_host=1"
    assert celery_url("redis://host:6379") == "redis://host:6379/1"


def test_a_task_sent_from_here_runs_in_the_worker(worker: Any) -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timezone.timedelta(days=1))

    result = sessions_clear.delay()
    result.get(timeout=10)

    assert not isinstance(result, EagerResult)
    assert not Session.objects.exists()


def test_every_page_carries_a_policy_without_unsafe_words(client: Client, db: None) -> None:
    policy = client.get("/admin/login/").headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
