"""Making an image's AVIF and WebP files, remaking lost ones, removing those that belong to no image."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from articles.images import files, making
from articles.images.addresses import social_name
from articles.images.formats import JPEG, LATER_FORMATS
from articles.models import Image

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)  # the slowest picture measured takes 3 s
RETRY_AFTER: Final = timedelta(hours=1)
#: Younger files may belong to an upload under way, or to a page that somebody still has open.
KEEP_STRAY: Final = timedelta(days=7)
_BATCH: Final = 100


def image_encode(*, image_id: int) -> bool:
    """Make the AVIF and WebP files that an image lacks; returns whether it was this call that completed them.

    Called twice at once, the second leaves it to the first. Called again after a crash, it goes on where the files end.
    """
    if not _claim(image_id):
        return False
    digest = Image.objects.values_list("digest", flat=True).get(pk=image_id)
    source = files.source_of(digest)
    if source is None:
        return _put_off(image_id, "its source file is lost; upload the picture again")
    try:
        making.write_variants(source.parent, making.read_source(source), LATER_FORMATS)
    except OSError as error:
        return _put_off(image_id, str(error))
    _record(image_id)
    return True


def encode_later(image_id: int) -> None:
    """Ask a worker for the files; without a broker they are made here."""
    from articles.tasks.images import image_encode_files  # tasks import this module

    image_encode_files.delay(image_id)


def images_encode_due() -> int:
    """Ask again for images whose files nobody made or is making, as after a worker's death; returns how many."""
    due = Image.objects.filter(_free()).order_by("created_at").values_list("pk", flat=True)
    ids = list(due[:_BATCH])
    for image_id in ids:
        encode_later(image_id)
    return len(ids)


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild did."""

    images: int = 0
    files: int = 0
    lost: tuple[str, ...] = ()


def images_rebuild(*, again: bool = False) -> Rebuilt:
    """Make every file that is missing, or all ``again`` as after a change of quality; names images beyond help."""
    result = Rebuilt()
    for image in Image.objects.order_by("pk").iterator(chunk_size=_BATCH):
        source, picture = files.source_of(image.digest), None
        with contextlib.suppress(OSError):
            picture = making.read_source(source) if source else None
        if source is None or picture is None:
            result.lost += (f"{image.pk} ({image.name})",)
            continue
        written = making.write_variants(source.parent, picture, [JPEG, *LATER_FORMATS], again=again)
        written += making.write_social(source.parent, picture, image.focal_x_pct, image.focal_y_pct, again=again)
        if written or image.encoded_at is None:
            _record(image.pk)
        result.images += 1
        result.files += written
    return result


def image_files_sweep() -> int:
    """Remove files and folders of no image that are older than a week; returns how many. Rows are never touched."""
    old_s = KEEP_STRAY.total_seconds()
    removed = 0
    for folder in files.staging_folders():
        removed += files.age_s(folder) > old_s and files.discard(folder, older_than_s=old_s)
    folders = files.stored_folders()
    for start in range(0, len(folders), _BATCH):
        batch = {folder.name: folder for folder in folders[start : start + _BATCH]}
        listed = dict(Image.objects.filter(digest__in=batch).values_list("digest", "variants"))
        for digest, folder in batch.items():
            if digest not in listed:
                removed += files.age_s(folder) > old_s and files.discard(folder, older_than_s=old_s)
            else:
                removed += files.remove_unlisted(folder, {item["name"] for item in listed[digest]}, older_than_s=old_s)
    return removed


def _free() -> Q:
    return Q(encoded_at=None) & (Q(lease_until=None) | Q(lease_until__lt=timezone.now()))


def _claim(image_id: int) -> bool:
    # One statement, so that of two workers one finds the row free; the lease also pushes a picture that kills its
    # worker out of the way before it is touched.
    return bool(Image.objects.filter(_free(), pk=image_id).update(lease_until=timezone.now() + LEASE))


def _put_off(image_id: int, reason: str) -> bool:
    logger.error("The files of image %s were not made: %s. Next try in an hour.", image_id, reason)
    Image.objects.filter(pk=image_id).update(lease_until=timezone.now() + RETRY_AFTER)
    return False


def _record(image_id: int) -> None:
    with transaction.atomic():
        image = Image.objects.select_for_update().get(pk=image_id)
        image.variants = [
            variant.to_json()
            for variant in files.listed(
                files.folder_of(image.digest), social=social_name(image.focal_x_pct, image.focal_y_pct)
            )
        ]
        image.encoded_at, image.lease_until = timezone.now(), None
        image.save(update_fields=["variants", "encoded_at", "lease_until"])
