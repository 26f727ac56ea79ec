"""What this copy of the project knows about itself: its secret key and its version."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

GIT_TIMEOUT_S = 2


def writable_folder(path: Path) -> Path:
    """Make a folder of this account's own unless it is there; raises ImproperlyConfigured when it can't be used."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(_unwritable(path, error.strerror or str(error))) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(_unwritable(path, "it is read-only"))
    return path


def _unwritable(path: Path, reason: str) -> str:
    return f"Nothing can be written to {path}: {reason}. Make it writable, or set OMNI_VAR_DIR to a folder that is."


def kept_secret_key(path: Path) -> str:
    """Return the key in ``path``; the first time, make one that only this account can read."""
    with contextlib.suppress(FileNotFoundError):
        if key := path.read_text().strip():
            return key
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(get_random_secret_key())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # one of several processes that start at once wins
    draft.unlink()
    return path.read_text().strip()


def git_release(folder: Path) -> str:
    """Return the tag or short commit of a checkout, or nothing outside one."""
    command = ("git", "-C", str(folder), "describe", "--tags", "--always")
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=False
        ).stdout.strip()
    return ""
