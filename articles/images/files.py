"""The files of images on disk: ``images/<digest>/`` below MEDIA_ROOT, whole or not there at all.

A new image's files are written into a staging folder and come into place by one rename. A single file added later is
written beside its place and renamed into it. So a reader never sees half a file, and a crash leaves only what the daily
clean-up removes.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image

from articles.images.addresses import DIGEST_FORM
from articles.images.formats import CONTENT_TYPES
from articles.images.variants import Variant

SOURCE_NAMES: Final = ("source.jpeg", "source.png")
_WIDTH_NAME: Final = re.compile(rf"[0-9]+\.(?:{'|'.join(CONTENT_TYPES)})")
_STAGING_PREFIX: Final = ".staging-"
_DIGEST_GLOB: Final = DIGEST_FORM.partition("{")[0] * 64


def images_root() -> Path:
    """Return the folder of all images."""
    return Path(settings.MEDIA_ROOT) / "images"


def folder_of(digest: str) -> Path:
    """Return the folder of one image, there or not."""
    return images_root() / digest


def source_of(digest: str) -> Path | None:
    """Return the file that an image's others are made of; None when it is lost."""
    return next((path for name in SOURCE_NAMES if (path := folder_of(digest) / name).is_file()), None)


@contextmanager
def staging() -> Iterator[Path]:
    """Yield an empty folder on the images' disk; what is still in it afterwards is removed."""
    images_root().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=images_root()))
    folder.chmod(0o755)  # a web server in front may read the files itself
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(staged: Path, digest: str) -> None:
    """Make the staged folder the image's; one that a failed transaction left there gives way."""
    target = folder_of(digest)
    try:
        staged.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        with staging() as trash:
            target.rename(trash / digest)
            staged.rename(target)


def write_file(folder: Path, name: str, data: bytes) -> None:
    """Write a file that appears whole."""
    fresh = folder / f".{name}.{os.getpid()}-{time.monotonic_ns()}"
    try:
        with fresh.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(folder / name)
    finally:
        fresh.unlink(missing_ok=True)


def listed(folder: Path, *, social: str) -> list[Variant]:
    """Return the files to serve, as their headers and sizes say, narrowest first; of the social cards only one."""
    names = [path for path in folder.iterdir() if path.name == social or _WIDTH_NAME.fullmatch(path.name)]
    found = [_variant(path) for path in names]
    return sorted(found, key=lambda variant: (variant.width, variant.name))


def stored_folders() -> list[Path]:
    """Return the folders of all images that have files."""
    return sorted(images_root().glob(_DIGEST_GLOB))


def staging_folders() -> list[Path]:
    """Return the staging folders there are, of uploads under way or killed."""
    return sorted(images_root().glob(f"{_STAGING_PREFIX}*"))


def age_s(path: Path) -> float:
    """Return how long ago a file or the list of a folder's files was last changed."""
    return time.time() - path.stat().st_mtime


def discard(folder: Path, *, older_than_s: float) -> bool:
    """Remove a folder, unless something younger has taken its place since it was looked at."""
    with staging() as trash:
        moved = trash / folder.name
        folder.rename(moved)
        if age_s(moved) < older_than_s:
            moved.rename(folder)
            return False
        return True


def remove_unlisted(folder: Path, names: set[str], *, older_than_s: float) -> int:
    """Remove files that are neither listed nor the source, such as former social cards; returns how many."""
    stray = [path for path in folder.iterdir() if path.name not in names and path.name not in SOURCE_NAMES]
    old = [path for path in stray if age_s(path) > older_than_s]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _variant(path: Path) -> Variant:
    with Image.open(path) as image:
        width, height = image.size
    return Variant(path.name, width, height, path.suffix[1:], path.stat().st_size)
