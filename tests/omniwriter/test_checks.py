"""The project's system checks name the setting and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings


def found() -> list[str | None]:
    return [message.id for message in run_checks(tags=["omniwriter"])]


def test_the_settings_as_they_come_pass() -> None:
    assert found() == []


def test_collected_static_files_must_have_been_collected(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_COLLECTED = True
    settings.STATIC_ROOT = tmp_path
    assert found() == ["omniwriter.E001"]

    (tmp_path / "staticfiles.json").touch()
    assert found() == []


def test_more_threads_than_database_connections_are_warned_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"pool": {"max_size": 4}})
    settings.HTTP_THREADS = 5
    assert found() == ["omniwriter.W001"]

    settings.HTTP_THREADS = 4
    assert found() == []
