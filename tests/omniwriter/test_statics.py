"""Static files are collected with their digest in the name, compressed without long waits."""

from __future__ import annotations

import random
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles.management.commands.collectstatic import Command
from pytest_django.fixtures import Settings

from omniwriter.stack import prepare
from omniwriter.statics import HashedStorage


@pytest.fixture
def source(settings: Settings, tmp_path: Path) -> Path:
    """A folder with a script that imports another, and a megabyte of text."""
    folder = tmp_path / "source"
    folder.mkdir()
    words = random.Random(1).choices(["series", "window", "merge", "panel", "frame"], k=180_000)
    (folder / "big.js").write_text(f"// {' '.join(words)}\nexport const one = 1;\n")
    (folder / "main.js").write_text('import { one } from "./big.js";\nconsole.log(one);\n')
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.VAR_DIR = tmp_path
    return folder


def collect(storage: HashedStorage) -> None:
    command = Command()
    command.storage = storage
    command.set_options(interactive=False, verbosity=0, link=False, clear=False, dry_run=False, ignore_patterns=[],
                        use_default_ignore_patterns=True, post_process=True)  # fmt: skip
    command.collect()


def test_modules_import_each_other_by_their_hashed_names(source: Path, tmp_path: Path) -> None:
    storage = HashedStorage(location=tmp_path / "static", base_url="/static/")
    collect(storage)

    names = storage.hashed_files
    assert Path(names["big.js"]).name in (tmp_path / "static" / names["main.js"]).read_text()
    packed = (tmp_path / "static" / f"{names['big.js']}.br").read_bytes()
    assert brotli.decompress(packed) == (source / "big.js").read_bytes()
    assert packed == brotli.compress((source / "big.js").read_bytes(), quality=5)  # at 11 it would take seconds
    assert len(packed) < (source / "big.js").stat().st_size / 3


def test_static_files_are_collected_again_only_when_a_source_changed(source: Path, tmp_path: Path) -> None:
    assert prepare.collecting({}) is not None
    (tmp_path / "static.digest").write_text(prepare.statics_digest())
    assert prepare.collecting({}) is None

    (source / "new.css").write_text("body { margin: 0 }")
    assert prepare.collecting({}) is not None
