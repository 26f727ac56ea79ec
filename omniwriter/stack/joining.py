"""How a command in another terminal finds the servers that ``manage.py up`` brought along.

``up`` leaves their variables in its folder while it runs; ``manage.py`` takes those the environment does not set.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

FILE_NAME = "up.json"
LOCK_NAME = "up.lock"
#: What leads to the bundled servers, and nothing else.
NAMES = ("REDIS_URL", "OMNI_CACHE_URL", "DATABASE_URL", "LLM_ENDPOINTS", "OMNI_LOADTEST_HOST")


@contextmanager
def told(var: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Leave word of the servers, readable by this account alone, and take it away at the end."""
    path = var / FILE_NAME
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({name: env[name] for name in NAMES if name in env}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def joined(environ: Mapping[str, str], var: Path) -> dict[str, str]:
    """Return the environment with the variables of a stack that runs from the folder, where it does not set them."""
    return {**_left_by_up(var), **environ} if _is_up(var) else dict(environ)


def _left_by_up(var: Path) -> dict[str, str]:
    with suppress(OSError, ValueError):
        found = json.loads((var / FILE_NAME).read_text(encoding="utf-8"))
        return {name: value for name, value in found.items() if name in NAMES and isinstance(value, str)}
    return {}


def _is_up(var: Path) -> bool:
    """Tell whether somebody holds the lock of the folder: word of a stack that was killed leads nowhere."""
    try:
        with (var / LOCK_NAME).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
