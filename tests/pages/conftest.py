"""A site with one of everything, and the npm tools that check its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pages.world import FOLDER, World, make_world


@pytest.fixture
def node_modules() -> Path:
    """The folder of the npm tools; fails when it is not installed."""
    folder = FOLDER / "node_modules"
    assert folder.is_dir(), "The page checks need their npm tools: make test installs them."
    return folder


@pytest.fixture
def world(tmp_path: Path, settings: Any, transactional_db: None) -> World:
    """One of everything that a page can show, with a folder of the test's own for uploads."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path
    return make_world()
