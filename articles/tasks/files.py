"""What beat asks for on behalf of exports and imports."""

from __future__ import annotations

from celery import shared_task

from articles.portability.uploads import files_sweep


@shared_task(ignore_result=True)
def private_files_clean_up() -> None:
    """Remove exports and uploads of yesterday."""
    files_sweep()
