"""What stores and changes images, by every door; the work on pixels and files is in ``articles.images``."""

from __future__ import annotations

import logging
import threading
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from PIL.Image import Image as Picture

from articles.access import CHANGE, may_write
from articles.enums import Status
from articles.exceptions import NotAllowedError
from articles.images import files, making
from articles.images.addresses import social_name
from articles.images.decoding import decode
from articles.images.errors import UnfitImageError
from articles.images.formats import JPEG
from articles.images.uploads import Upload, read_upload
from articles.models import Article, Image
from articles.services.image_encoding import encode_later
from articles.signals import live_changed

logger = logging.getLogger(__name__)

# A picture being decoded takes up to 160 MB for a moment; the other uploads of this process wait their turn.
_DECODES: Final = threading.BoundedSemaphore(2)
_WRITTEN: Final = ("alt", "focal_x_pct", "focal_y_pct")


def image_store(
    *,
    file: UploadedFile[Any],
    alt: str,
    actor: AbstractBaseUser,
    focal_x_pct: int = 50,
    focal_y_pct: int = 50,
) -> Image:
    """Store an uploaded picture; bytes that were uploaded before are the image they became then, as it is now.

    It can be used at once: its JPEG files and its social card are made here, AVIF and WebP by a worker after the
    commit. Raises ValidationError naming ``file``, ``alt`` or a focal coordinate. Whether ``actor`` may upload is the
    door's to check.
    """
    image = Image(alt=alt.strip(), focal_x_pct=focal_x_pct, focal_y_pct=focal_y_pct, uploaded_by_id=actor.pk)
    upload = _checked(image, file)
    known = Image.objects.filter(digest=upload.digest).first()
    if known is not None and files.source_of(upload.digest) is not None:
        return known
    image.digest, image.name = upload.digest, upload.name
    with files.staging() as folder:
        try:
            with _DECODES:
                _write(image, folder, decode(upload.data))
        except UnfitImageError as error:
            raise ValidationError({"file": str(error)}, code="unfit") from error
        return _placed(image, folder)


def image_update(*, image_id: int, alt: str, focal_x_pct: int, focal_y_pct: int, actor: AbstractBaseUser) -> Image:
    """Change what an image says and what matters in it; a new focal point gets a social card of its own.

    Raises ValidationError naming the fields, Image.DoesNotExist, NotAllowedError.
    """
    image = Image.objects.get(pk=image_id)
    if not may_edit_image(actor, image):
        raise NotAllowedError("edit image")
    image.alt, image.focal_x_pct, image.focal_y_pct = alt.strip(), focal_x_pct, focal_y_pct
    _check_fields(image)
    source = files.source_of(image.digest)
    if source is not None:  # outside the transaction: on SQLite all other writers would wait for it
        try:
            making.write_social(source.parent, making.read_source(source), image.focal_x_pct, image.focal_y_pct)
        except OSError:
            logger.exception("The source of image %d is damaged: it keeps the social card it has", image.pk)
    with transaction.atomic():
        if source is not None:
            image.variants = _listed(image, source.parent)
        image.save(update_fields=[*_WRITTEN, "variants"])
        transaction.on_commit(partial(_tell_readers, image.pk))
    return image


def may_edit_image(account: Any, image: Image) -> bool:
    """Whether ``account`` may change its words: who uploaded it and still writes, and who may change any article."""
    if not may_write(account):
        return False
    return image.uploaded_by_id == account.pk or bool(account.has_perm(CHANGE))


def _checked(image: Image, file: UploadedFile[Any]) -> Upload:
    """Return the upload; raises one ValidationError for all that is wrong with the file and the fields."""
    errors: dict[str, Any] = {}
    upload = None
    try:
        upload = read_upload(file)
    except UnfitImageError as error:
        errors["file"] = str(error)
    try:
        _check_fields(image)
    except ValidationError as error:
        errors.update(error.error_dict)
    if errors or upload is None:
        raise ValidationError(errors)
    return upload


def _check_fields(image: Image) -> None:
    others = [field.name for field in Image._meta.fields if field.name not in _WRITTEN]  # noqa: SLF001
    image.clean_fields(exclude=others)


def _write(image: Image, folder: Path, picture: Picture) -> None:
    image.width, image.height = picture.size
    making.write_source(folder, picture)
    making.write_variants(folder, picture, [JPEG])
    making.write_social(folder, picture, image.focal_x_pct, image.focal_y_pct)
    image.variants = _listed(image, folder)


def _listed(image: Image, folder: Path) -> list[dict[str, Any]]:
    social = social_name(image.focal_x_pct, image.focal_y_pct)
    return [variant.to_json() for variant in files.listed(folder, social=social)]


def _placed(image: Image, folder: Path) -> Image:
    """Store the row and bring its files into place, the row first: the database lets one of two equal uploads win.

    The rename is the last step before the commit. When the commit fails, or an outer transaction is rolled back, a
    folder without a row is left; the next upload of the same bytes replaces it, else the daily clean-up removes it.
    """
    stored = ("name", *_WRITTEN, "width", "height", "variants", "uploaded_by_id")
    with transaction.atomic():
        kept, is_new = Image.objects.get_or_create(
            digest=image.digest, defaults={name: getattr(image, name) for name in stored}
        )
        if is_new or files.source_of(kept.digest) is None:
            if not is_new:
                _restore(kept, image)
            files.put_in_place(folder, kept.digest)
            transaction.on_commit(partial(encode_later, kept.pk), robust=True)
    return kept


def _restore(kept: Image, uploaded: Image) -> None:
    """Give a row whose files were lost those of the same picture, uploaded again."""
    kept.variants, kept.width, kept.height = uploaded.variants, uploaded.width, uploaded.height
    kept.encoded_at = kept.lease_until = None
    kept.save(update_fields=["variants", "width", "height", "encoded_at", "lease_until"])


def _tell_readers(image_id: int) -> None:
    """Announce the articles that show the image as their cover: its text and its crop are part of their pages."""
    shown = Article.objects.filter(cover_id=image_id, status=Status.PUBLISHED).values_list("pk", flat=True)
    for article_id in shown:
        live_changed.send_robust(sender=Article, article_id=article_id, is_public=True)
