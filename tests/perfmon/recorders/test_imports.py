"""Hooks at the moment of import: called once, when the module is there, and never in its way."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfmon import guard
from perfmon.recorders.imports import _waiting, forget, when_imported

NAME = "imported_late"


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A module that can be imported, and what hooks were given."""
    (tmp_path / f"{NAME}.py").write_text("VALUE = 7\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield []
    sys.modules.pop(NAME, None)


def test_a_hook_is_called_once_with_the_finished_module(seen):
    when_imported(NAME, seen.append)
    assert seen == []
    module = importlib.import_module(NAME)
    importlib.import_module(NAME)
    assert [one.VALUE for one in seen] == [7]
    assert seen == [module]


def test_of_a_module_that_is_there_it_is_told_at_once(seen):
    module = importlib.import_module(NAME)
    when_imported(NAME, seen.append)
    assert seen == [module]


def test_the_module_keeps_its_own_loader_and_source(seen):
    when_imported(NAME, seen.append)
    module = importlib.import_module(NAME)
    assert type(module.__loader__).__module__.startswith("_frozen_importlib")
    assert module.__spec__.loader is module.__loader__
    assert inspect.getsource(module) == "VALUE = 7\n"


def test_a_hook_that_fails_is_counted_and_the_import_goes_well(seen):
    def broken(module: Any) -> None:
        raise RuntimeError("as it should")

    guard.failures.clear()
    when_imported(NAME, broken)
    when_imported(NAME, seen.append)
    assert importlib.import_module(NAME).VALUE == 7
    assert len(seen) == 1
    assert guard.failures[f"hook {NAME}"] == 1


def test_who_waits_no_longer_is_not_told_and_no_finder_is_left(seen):
    before = _waiting in sys.meta_path
    when_imported(NAME, seen.append)
    assert _waiting in sys.meta_path
    forget(NAME, seen.append)
    assert (_waiting in sys.meta_path) is before
    importlib.import_module(NAME)
    assert seen == []


def test_a_module_that_is_not_there_is_still_not_there(seen):
    when_imported("no_such_module", seen.append)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module")
    forget("no_such_module", seen.append)
