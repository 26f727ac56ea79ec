"""The images that come along with articles: which of them are here already, and what they become here.

An export names an image's file by its digest. Where the image is unknown it is stored like any upload, which gives it a
digest of its own; text and cover then lead to that one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile

from articles.content import Content
from articles.images.addresses import MEDIA_PATH
from articles.models import Image
from articles.portability.archive import Archive
from articles.portability.source import Fault, FaultError, Source
from articles.services.images import image_store

_DIGEST = re.compile(r"images/([0-9a-f]{64})\.")
_MAX_NAME_CHARS = 100


class Pictures:
    """The images of one import; ``archive`` is None for a file that brings none."""

    def __init__(self, archive: Archive | None) -> None:
        self._archive = archive
        self._digests: dict[str, str] = {}  # of files in the archive

    def comes_along(self, name: str) -> bool:
        """Whether the archive holds such a file."""
        return self._archive is not None and self._archive.holds(name)

    def here(self, name: str) -> Image | None:
        """Return the image that this site has already: of the digest in the name, or of the very bytes."""
        digests = [digest for digest in (_digest_in(name), self._digest_of(name)) if digest]
        found = {image.digest: image for image in Image.objects.filter(digest__in=digests)} if digests else {}
        return next((found[digest] for digest in digests if digest in found), None)

    def settled(self, content: Content, source: Source) -> Content:
        """Return the text with text and cover leading to the images that are here."""
        for name, _alt in _used(source, content):
            if (image := self.here(name)) is not None:
                content = _led(content, source, name, image)
        return content

    def stored(self, content: Content, source: Source, actor: AbstractBaseUser) -> Content:
        """Store the images that are not here, and return the text leading to them; raises FaultError."""
        for name, alt in _used(source, content):
            image = self.here(name) or (self._store(name, alt, actor) if self.comes_along(name) else None)
            if image is not None:
                content = _led(content, source, name, image)
        return content

    def _store(self, name: str, alt: str, actor: AbstractBaseUser) -> Image:
        assert self._archive is not None
        data = self._archive.read(name)
        short = Path(name).name[-_MAX_NAME_CHARS:]
        upload = InMemoryUploadedFile(io.BytesIO(data), "file", short, None, len(data), None)
        try:
            return image_store(file=upload, alt=alt, actor=actor)
        except ValidationError as error:
            raise FaultError(Fault(name, " ".join(error.messages))) from None

    def _digest_of(self, name: str) -> str:
        if self._archive is None or not self._archive.holds(name):
            return ""
        if name not in self._digests:
            self._digests[name] = sha256(self._archive.read(name)).hexdigest()
        return self._digests[name]


def _used(source: Source, content: Content) -> Iterator[tuple[str, str]]:
    """Yield the image files that the article names and their alternative texts; without one, its title must do."""
    alts = {picture.file: picture.alt for picture in source.images}
    if cover := source.given.get("cover", "").strip():
        alts.setdefault(cover, "")
    for name, alt in alts.items():
        yield name, alt or content.title


def _led(content: Content, source: Source, name: str, image: Image) -> Content:
    if name == source.given.get("cover", "").strip():
        content = replace(content, cover_id=image.pk)
    before = _digest_in(name)
    if before and before != image.digest:
        body = content.body.replace(f"/{MEDIA_PATH}{before}/", f"/{MEDIA_PATH}{image.digest}/")
        content = replace(content, body=body)
    return content


def _digest_in(name: str) -> str:
    found = _DIGEST.search(name)
    return found[1] if found else ""
