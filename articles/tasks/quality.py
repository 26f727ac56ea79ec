"""What beat asks for on behalf of the hints."""

from __future__ import annotations

from celery import shared_task

from articles.services.similarity import bands_rebuild


@shared_task(ignore_result=True)
def similarity_catch_up() -> None:
    """Store the similarity bands that a failed refresh left out, and drop those of what is public no more."""
    bands_rebuild(only_missing=True)
