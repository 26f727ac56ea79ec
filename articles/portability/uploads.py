"""Files that wait in an account's private folder: uploads between dry run and run, exports until they are fetched."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from articles.bulk.files import FOLDER, private_folder

KEPT_FOR_S = 86_400
_TOKEN_BYTES = 16
TOKEN_FORM = "[A-Za-z0-9_-]{22}"  # noqa: S105 - the form of one
_UNSAFE = re.compile(r"[^-\w.]+")
_MAX_NAME_BYTES = 160  # a file system takes 255, and the token stands before it


def upload_keep(*, file: UploadedFile[Any], owner_id: int) -> str:
    """Store an upload under a name nobody can guess; return the token that leads its owner back to it."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    name = _UNSAFE.sub("-", file.name or "upload").encode()[-_MAX_NAME_BYTES:].decode(errors="ignore")
    path = private_folder(owner_id) / f"import-{token}-{name}"
    try:
        with path.open("xb") as kept:
            path.chmod(0o600)
            for chunk in file.chunks():
                kept.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return token


def upload_path(*, owner_id: int, token: str) -> Path | None:
    """Return the owner's upload, or None when there is none of this token any more."""
    if not re.fullmatch(TOKEN_FORM, token):
        return None
    return next(private_folder(owner_id).glob(f"import-{token}-*"), None)


def upload_name(path: Path) -> str:
    """Return the name the file was uploaded under."""
    return path.name.split("-", 1)[1][len(secrets.token_urlsafe(_TOKEN_BYTES)) + 1 :]


def upload_drop(path: Path) -> None:
    """Remove an upload that is no use to anybody."""
    path.unlink(missing_ok=True)


def export_name(suffix: str) -> str:
    """Return a name for an export that says when it was made and that nobody can guess."""
    return f"articles-{time.strftime('%Y%m%d-%H%M', time.gmtime())}-{secrets.token_hex(_TOKEN_BYTES // 2)}{suffix}"


def files_sweep(*, now_s: float | None = None) -> int:
    """Remove private files that were last written a day ago; return how many."""
    limit = (time.time() if now_s is None else now_s) - KEPT_FOR_S
    old = [path for path in (Path(settings.VAR_DIR) / FOLDER).glob("*/*") if path.is_file() and _is_old(path, limit)]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _is_old(path: Path, limit: float) -> bool:
    try:
        return path.stat().st_mtime < limit
    except FileNotFoundError:
        return False
