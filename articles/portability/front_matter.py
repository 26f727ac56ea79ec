"""Markdown files with YAML front matter: written so that reading gives the same text, read as the hostile files they
may be.

Values are taken as they are written (``title: 2026`` is text), so no YAML type ever makes a Python object of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext as _

from articles.portability.source import KNOWN_FIELDS, Fault, FaultError, PictureFile, Source, decoded

FENCE = "---"
MAX_HEAD_CHARS = 65_536
_MAX_EVENTS = 4_000
_MAX_DEPTH = 4  # the head, its list of images, an image, a value
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML was built with libyaml
_FAST_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
_NULL_TAG = "tag:yaml.org,2002:null"
_PLAIN_TAGS = "tag:yaml.org,2002:"


def write_markdown(fields: Mapping[str, Any], body: str) -> str:
    """Return the file: the fields in their order, an empty line, the text as it is."""
    # libyaml writes an emoji as its number.
    dumper = yaml.SafeDumper if _BEYOND_BMP.search(repr(fields)) else _FAST_DUMPER
    head = yaml.dump(dict(fields), Dumper=dumper, allow_unicode=True, sort_keys=False, width=1_000_000)
    return f"{FENCE}\n{head}{FENCE}\n\n{body}"


def read_markdown(data: bytes, file: str) -> Source:
    """Return what the file says; raises FaultError with every line that can't be read."""
    text = decoded(data, file)
    if text.partition("\n")[0].endswith("\r"):  # a file of Windows; else a carriage return is the text's own
        text = text.replace("\r\n", "\n")
    head, body, body_line = _parted(text, file)
    reader = _Head(file)
    reader.read(head)
    if reader.faults:
        raise FaultError(*reader.faults)
    return Source(
        file,
        reader.given,
        tags=reader.tags,
        body=body,
        images=reader.images,
        lines={**reader.lines, "body": body_line},
    )


def _parted(text: str, file: str) -> tuple[str, str, int]:
    """Return head, body and the body's first line."""
    fence, _newline, rest = text.partition("\n")
    if fence.rstrip() != FENCE:
        raise FaultError(
            Fault(
                file,
                _("The file has no front matter. Put a line ---, then title: …, then a line --- at its top."),
                1,
            )
        )
    end = 0
    while end <= MAX_HEAD_CHARS:
        newline = rest.find("\n", end)
        line = rest[end:] if newline < 0 else rest[end:newline]
        if line.rstrip() == FENCE and not line.startswith(" "):
            body = "" if newline < 0 else rest[newline + 1 :]
            body_line = rest.count("\n", 0, end) + 3
            return (rest[:end], body[1:], body_line + 1) if body.startswith("\n") else (rest[:end], body, body_line)
        if newline < 0:
            raise FaultError(Fault(file, _("The front matter has no end. Put a line --- after its last field."), 1))
        end = newline + 1
    raise FaultError(
        Fault(file, _("The front matter is longer than %(most)d characters. Shorten it.") % {"most": MAX_HEAD_CHARS}, 1)
    )


class _Head:
    """Reads the fields of a front matter and gathers what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.given: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self.tags: list[str] | None = None
        self.images: list[PictureFile] = []
        self.faults: list[Fault] = []

    def read(self, head: str) -> None:
        """Read the text between the fences."""
        text = f"\n{head}"  # YAML's lines are now the file's
        try:
            self._bound(text)
            root = None if self.faults else yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            self._broken(error)
            return
        if root is None:
            if not self.faults:
                self._fault(_("The front matter is empty. It needs at least a line title: …"), 1)
        elif isinstance(root, yaml.MappingNode):
            for key, value in root.value:
                self._field(key, value)
        else:
            self._fault(_("The front matter is not a list of fields. Write one a line, as in title: My title"), 2)

    def _bound(self, text: str) -> None:
        """Refuse what would cost more to build than it says: aliases, depth, sheer number."""
        depth = 0
        for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent):
                return self._fault(
                    _("YAML aliases (*%(name)s) are not read. Write the value out.") % {"name": event.anchor}, line
                )
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > _MAX_DEPTH:
                return self._fault(
                    _("The front matter is nested too deeply. Fields hold text or a list of texts."), line
                )
            if number > _MAX_EVENTS:
                return self._fault(_("The front matter has too many parts. Take out what is not a field."), line)
        return None

    def _broken(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        self._fault(
            _("This is not YAML (%(problem)s). Put the value in quotes if it has a colon or a # in it.")
            % {"problem": what},
            mark.line + 1 if mark else 2,
        )

    def _field(self, key: yaml.Node, value: yaml.Node) -> None:
        line = key.start_mark.line + 1
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name not in KNOWN_FIELDS:
            return self._fault(
                _("There is no such field. Take the line out, or correct its name."), line, str(name)[:40]
            )
        if name in self.lines:
            return self._fault(_("The field stands there twice. Keep one."), line, name)
        self.lines[name] = line
        if name == "tags":
            self.tags = self._texts(value, name)
        elif name == "images":
            self.images = self._images(value)
        elif (text := self._text(value, name)) is not None:
            self.given[name] = text
        return None

    def _text(self, node: yaml.Node, name: str) -> str | None:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            self._fault(
                _("This field takes one text, not a list. Write it on the line, in quotes if need be."), line, name
            )
            return None
        if not node.tag.startswith(_PLAIN_TAGS) or node.tag.startswith(f"{_PLAIN_TAGS}python"):
            self._fault(
                _("YAML tags such as %(tag)s are not read. Write the plain value.") % {"tag": node.tag}, line, name
            )
            return None
        return "" if node.tag == _NULL_TAG else str(node.value)

    def _texts(self, node: yaml.Node, name: str) -> list[str]:
        if isinstance(node, yaml.ScalarNode):  # one tag, or none
            only = self._text(node, name)
            return [only] if only else []
        if not isinstance(node, yaml.SequenceNode):
            self._fault(_("This field takes a list: a line “- word” for each."), node.start_mark.line + 1, name)
            return []
        return [text for item in node.value if (text := self._text(item, name))]

    def _images(self, node: yaml.Node) -> list[PictureFile]:
        found = []
        for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            pairs = item.value if isinstance(item, yaml.MappingNode) else []
            words = {key.value: self._text(value, "images") for key, value in pairs if isinstance(key, yaml.ScalarNode)}
            if not words.get("file"):
                self._fault(_("An image needs a line “file: …”."), item.start_mark.line + 1, "images")
                continue
            found.append(PictureFile(words["file"] or "", words.get("alt") or ""))
        return found

    def _fault(self, message: str, line: int, field: str = "") -> None:
        self.faults.append(Fault(self.file, message, line, field))
