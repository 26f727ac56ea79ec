"""The uploaded file before it is decoded: its size, its name, and what it says it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from articles.images.decoding import KINDS, Kind, inspect
from articles.images.errors import UnfitImageError
from articles.images.formats import MAX_NAME_CHARS, MAX_UPLOAD_BYTES

_UNDECLARED = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that says what it is, and is it by its header."""

    data: bytes
    digest: str
    name: str


def read_upload(file: UploadedFile[Any]) -> Upload:
    """Return the file's bytes, their digest and its name; raises UnfitImageError."""
    name = _checked_name(str(file.name or ""))
    if not file.size:
        raise UnfitImageError(_("The file is empty. Choose another one."))
    if file.size > MAX_UPLOAD_BYTES:
        raise UnfitImageError(
            _("The file has more than %(limit)s MiB. Make it smaller.") % {"limit": MAX_UPLOAD_BYTES >> 20}
        )
    file.seek(0)
    data = file.read()
    _check_claims(inspect(data), name, str(file.content_type or ""))
    return Upload(data=data, digest=hashlib.sha256(data).hexdigest(), name=_shortened(name))


def _checked_name(name: str) -> str:
    # Django takes the folders off an upload's name; what is left of them here was smuggled in.
    if not name.isprintable() or "/" in name or "\\" in name or name in (".", ".."):
        raise UnfitImageError(_("The file's name has characters that no file name has. Rename it."))
    return name


def _check_claims(kind: Kind, name: str, content_type: str) -> None:
    """Refuse a file that names itself something else: a mistake of its maker, or bait."""
    extension = PurePosixPath(name).suffix[1:].lower()
    declared = content_type.partition(";")[0].strip().lower()
    if (extension and extension not in kind.extensions) or (
        declared not in _UNDECLARED and declared not in kind.content_types
    ):
        claimed = next((known.name for known in KINDS.values() if declared in known.content_types), declared)
        raise UnfitImageError(
            _("The file is a %(kind)s, but its name or type says otherwise (%(name)s, %(claimed)s). Rename it.")
            % {"kind": kind.name, "name": name, "claimed": claimed or "-"}
        )


def _shortened(name: str) -> str:
    """Return the name with its end, where the extension is, and as much of the rest as is kept."""
    if len(name) <= MAX_NAME_CHARS:
        return name
    suffix = PurePosixPath(name).suffix[:10]
    return name[: MAX_NAME_CHARS - len(suffix)] + suffix
