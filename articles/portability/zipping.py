"""A ZIP archive written as it is sent: an entry at a time, so that memory holds one and not the archive."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import RawIOBase
from typing import Any

_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)  # ZIP knows nothing before
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A file for the archive. What is ``packed`` already, as images are, is stored and not deflated again."""

    name: str
    data: bytes
    changed_at: datetime
    packed: bool = False


def zip_chunks(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the archive; the same entries give the same bytes."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            zip_write(archive, entry)
            yield sink.taken()
    yield sink.taken()


def zip_write(archive: zipfile.ZipFile, entry: Entry) -> None:
    """Write one entry."""
    archive.writestr(_header(entry), entry.data)


def _header(entry: Entry) -> zipfile.ZipInfo:
    moment = max(entry.changed_at.astimezone(UTC), _EARLIEST)
    header = zipfile.ZipInfo(entry.name, moment.timetuple()[:6])
    header.compress_type = zipfile.ZIP_STORED if entry.packed else zipfile.ZIP_DEFLATED
    header.create_system = 3  # so that the mode below is read, wherever this runs
    header.external_attr = _REGULAR_FILE
    return header


class _Sink(RawIOBase):
    """Takes what is written until it is fetched. It can't seek, so sizes are written after each entry."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
