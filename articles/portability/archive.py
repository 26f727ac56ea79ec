"""ZIP archives of strangers: looked through before anything is read, read with every size counted.

Nothing of an archive is ever written to the disk under a name it brought. A file in it may say any size; what counts is
what comes out while it is read.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from articles.portability.source import Fault, FaultError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an import takes at once."""

    upload_bytes: int
    articles: int
    entries: int
    total_bytes: int
    text_bytes: int = 2 << 20  # 200,000 characters of four bytes, and their front matter
    image_bytes: int = 20 << 20


#: Of an upload, whose dry run a person waits for.
STUDIO = Limits(upload_bytes=64 << 20, articles=2_000, entries=4_000, total_bytes=256 << 20)
#: Of a file that an operator names on the command line.
COMMAND = Limits(upload_bytes=4 << 30, articles=200_000, entries=400_000, total_bytes=16 << 30)

TEXTS = (".md", ".markdown")
TABLES = (".csv",)
IMAGES = (".jpeg", ".jpg", ".png", ".webp", ".avif", ".gif")
_CHUNK_BYTES = 1 << 16
# A text of one word deflates 1:300; a bomb starts at 1:1000. Small entries can't do harm at any ratio.
_MAX_RATIO, _RATIO_FREE_BYTES = 400, 1 << 20
_DIRECTORY_BYTES_AN_ENTRY = 256
_END, _END_BYTES, _ZIP64_MARK, _ZIP64_BYTES = b"PK\x05\x06", 22, b"PK\x06\x07", 20
_LOCAL_HEADER_BYTES = 30
_MAX_NAME_CHARS = 300
_DRIVE = re.compile("[a-zA-Z]:")
_LITTER = re.compile(r"(?:^|/)(?:__MACOSX|\.(?!\.)[^/\\]*|Thumbs\.db|desktop\.ini)(?:/|$)")


class Archive:
    """An open archive whose list of files was found in order. Raises FaultError when it was not."""

    def __init__(self, file: IO[bytes], name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self._read_bytes = 0
        self._check_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, IndexError) as error:
            raise self._unfit(_("The archive is damaged (%(problem)s). Make it anew.") % {"problem": error}) from None
        self._infos = self._checked(infos)

    def names(self, suffixes: tuple[str, ...]) -> list[str]:
        """Return the files with these endings, in the archive's order."""
        return [name for name in self._infos if name.lower().endswith(suffixes)]

    def ignored(self) -> list[str]:
        """Return the files that are neither articles nor images."""
        return [name for name in self._infos if not name.lower().endswith((*TEXTS, *TABLES, *IMAGES))]

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises FaultError when they are too many, damaged, or too much in all."""
        most = self._limits.image_bytes if name.lower().endswith(IMAGES) else self._limits.text_bytes
        try:
            return b"".join(self._chunks(self._infos[name], most))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise FaultError(
                Fault(name, _("The file is damaged in the archive (%(problem)s). Pack it again.") % {"problem": error})
            ) from None

    def holds(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._infos

    def _chunks(self, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
        """Yield what comes out, whatever the archive says of its size."""
        size = 0
        with self._zip.open(info) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                size += len(chunk)
                self._read_bytes += len(chunk)
                if size > most:
                    raise FaultError(
                        Fault(
                            info.filename,
                            _("The file has more than %(most)d bytes unpacked. Shorten it.") % {"most": most},
                        )
                    )
                if size > _RATIO_FREE_BYTES and size > _MAX_RATIO * max(info.compress_size, 1):
                    raise FaultError(
                        Fault(info.filename, _("The file unpacks to far more than it packs. Leave it out."))
                    )
                if self._read_bytes > self._limits.total_bytes:
                    raise self._unfit(
                        _("The archive has more than %(most)d MiB unpacked. Import it in parts.")
                        % {"most": self._limits.total_bytes >> 20}
                    )
                yield chunk

    def _check_directory(self, file: IO[bytes]) -> None:
        """Refuse a list of files that is too long before Python makes objects of all of it."""
        size = file.seek(0, 2)
        start = max(0, size - _END_BYTES - 0xFFFF - _ZIP64_BYTES)
        file.seek(start)
        tail = file.read()
        at = len(tail) - _END_BYTES if tail[-_END_BYTES:-18] == _END and tail[-2:] == b"\0\0" else tail.rfind(_END)
        if at < 0 or len(tail) < at + _END_BYTES:
            raise self._unfit(_("The file is not a ZIP archive, or its end is missing."))
        if tail[max(0, at - _ZIP64_BYTES) : at].startswith(_ZIP64_MARK) and self._limits is STUDIO:
            raise self._unfit(_("ZIP64 archives are not read here. Import it in parts."))
        if int.from_bytes(tail[at + 12 : at + 16], "little") > self._limits.entries * _DIRECTORY_BYTES_AN_ENTRY:
            raise self._too_many()

    def _checked(self, infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        if len(infos) > self._limits.entries:
            raise self._too_many()
        files = [info for info in infos if not info.is_dir() and not _LITTER.search(info.filename)]
        faults = [Fault(info.filename[:_MAX_NAME_CHARS], fault) for info in files if (fault := _refusal(info))]
        faults += _overlaps(infos) + _doubles(files)
        if faults:
            raise FaultError(*faults)
        return {info.filename: info for info in files}

    def _too_many(self) -> FaultError:
        return self._unfit(
            _("The archive has more than %(most)d files. Import it in parts.") % {"most": self._limits.entries}
        )

    def _unfit(self, message: str) -> FaultError:
        return FaultError(Fault(self._name, message))


def check_size(path: Path, name: str, limits: Limits) -> None:
    """Raise FaultError when the file itself is too large."""
    if path.stat().st_size > limits.upload_bytes:
        raise FaultError(
            Fault(
                name,
                _("The file has more than %(most)d MiB. Import it in parts.") % {"most": limits.upload_bytes >> 20},
            )
        )


def _refusal(info: zipfile.ZipInfo) -> str:
    """Return why a file is not taken, or nothing."""
    name, mode = info.filename, info.external_attr >> 16
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return _("The name is an absolute path. Pack the files with names relative to their folder.")
    if "\\" in name or ".." in name.split("/") or "\x00" in info.orig_filename or len(name) > _MAX_NAME_CHARS:
        return _("The name leads out of the archive or is no file name. Pack the file under a plain name.")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return _("This is a link or a device, not a file. Pack the file itself.")
    if info.flag_bits & 0x1:
        return _("The file is encrypted. Pack it without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _("The file is packed in a way that is not read. Use deflate, as every ZIP program can.")
    return ""


def _overlaps(infos: list[zipfile.ZipInfo]) -> list[Fault]:
    """Entries that share bytes: how a small archive unpacks to petabytes."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    return [
        Fault(after.filename[:_MAX_NAME_CHARS], _("The file overlaps another in the archive. Pack it anew."))
        for before, after in pairwise(ordered)
        if before.header_offset + _LOCAL_HEADER_BYTES + before.compress_size > after.header_offset
    ]


def _doubles(infos: list[zipfile.ZipInfo]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for info in infos:
        name = info.filename.casefold()
        if name in seen:
            faults.append(Fault(info.filename, _("The archive has two files of this name. Keep one.")))
        seen.add(name)
    return faults
