"""Where jobs keep their files: a private folder for each account, below no public address."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from articles.models import BulkJob

FOLDER = "private"


def private_folder(owner_id: int) -> Path:
    """Return the account's folder, made when it is missing; only this site's own user can read it."""
    folder: Path = Path(settings.VAR_DIR) / FOLDER / str(owner_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def job_file(job: BulkJob) -> Path | None:
    """Return the file that the job left for its owner, or None when there is none any more."""
    if not job.file:
        return None
    folder = private_folder(job.owner_id).resolve()
    path = (folder / job.file).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None
