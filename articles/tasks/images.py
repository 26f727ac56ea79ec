"""Images in the background: their AVIF and WebP files, and the clean-up of files that belong to none."""

from __future__ import annotations

from celery import shared_task

from articles.services.image_encoding import image_encode, image_files_sweep, images_encode_due


@shared_task(ignore_result=True)
def image_encode_files(image_id: int) -> None:
    """Make the AVIF and WebP files of one image."""
    image_encode(image_id=image_id)


@shared_task(ignore_result=True, expires=300)
def images_take_up() -> None:
    """Take up images whose worker died."""
    images_encode_due()


@shared_task(ignore_result=True)
def image_files_clean_up() -> None:
    """Remove files that belong to no image."""
    image_files_sweep()
