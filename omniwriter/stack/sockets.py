"""Where Unix sockets lie: beside the data, unless the kernel does not take so long a path."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from omniwriter.stack.errors import StackError

MAX_SOCKET_PATH = 100  # the kernel takes 108 bytes, macOS 104


def socket_folder(folder: Path, longest: str) -> Path:
    """Return ``folder``, or a private temporary one of its own when the path of a socket ``longest`` is too long."""
    folder = folder.resolve()
    if len(os.fsencode(folder / longest)) <= MAX_SOCKET_PATH:
        return folder
    private = Path(tempfile.gettempdir()) / f"omniwriter-{os.getuid()}"
    own = private / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    for path in (private, own):
        path.mkdir(mode=0o700, exist_ok=True)
        if path.is_symlink() or path.stat().st_uid != os.getuid():
            raise StackError(f"{path} belongs to another account. Remove it, or set OMNI_VAR_DIR to a shorter path.")
    return own


def postgres_socket(folder: Path, port: int) -> Path:
    """Return the path that PostgreSQL gives its socket in ``folder``; its port is no more than a part of the name."""
    return folder / f".s.PGSQL.{port}"
