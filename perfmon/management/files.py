"""Files that commands write at their end, checked at their start: nobody loses a minute's measuring to a typo."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from pathlib import Path


def file_to_write(text: str) -> Path:
    """Return the path of a file that can be written, for ``type=`` of an option; raises ArgumentTypeError."""
    path = Path(text)
    folder = path.resolve().parent
    if not folder.is_dir():
        raise ArgumentTypeError(f"the folder of {text!r} does not exist")
    if path.is_dir():
        raise ArgumentTypeError(f"{text!r} is a folder; name a file in it")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ArgumentTypeError(f"{text!r} can't be written")
    return path
