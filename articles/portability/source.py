"""What a file says of one article, and what is wrong with a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

#: The fields of a Content that a file gives as one line of text.
TEXT_FIELDS = ("title", "slug", "language", "excerpt", "category", "cover", "seo_title", "seo_description", "origin")
#: What an import looks at besides.
WAY_FIELDS = ("status", "username", "version", "published_at")
#: What an export tells and an import passes over.
TOLD_FIELDS = (
    "id", "url", "author", "words", "created_at", "updated_at", "publish_at", "unpublish_at", "unpublished_changes",
)  # fmt: skip
KNOWN_FIELDS = frozenset({*TEXT_FIELDS, *WAY_FIELDS, *TOLD_FIELDS, "tags", "images"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps an article from being imported: where it stands, what it is, how to mend it."""

    file: str
    message: str
    line: int | None = None
    field: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class FaultError(Exception):
    """A file can't be read; ``faults`` says why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PictureFile:
    """An image that an article uses: its file in the archive, and its alternative text."""

    file: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An article as a file gives it. A field that the file leaves out is not in ``given``.

    ``lines`` says where each field stands; ``line`` is where the article begins.
    """

    file: str
    given: Mapping[str, str]
    line: int = 1
    tags: Sequence[str] | None = None
    body: str | None = None
    images: Sequence[PictureFile] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

    def fault(self, message: str, name: str = "") -> Fault:
        """Return a fault at the field's line, or at the article's first when it has none."""
        return Fault(self.file, message, self.lines.get(name, self.line), name)


def decoded(data: bytes, file: str) -> str:
    """Return a file's text without its byte order mark; raises FaultError naming the line that is no UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FaultError(Fault(file, _("The file is UTF-16. Save it as UTF-8."), 1))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FaultError(Fault(file, _("This line is not UTF-8. Save the file as UTF-8."), line)) from None
    if (at := text.find("\x00")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise FaultError(Fault(file, _("This line has a NUL character, which can't be stored. Delete it."), line))
    return text
