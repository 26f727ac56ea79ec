"""A Markdown text as its reader meets it: paragraphs, headings, links and images, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
# It starts only where a run of marks starts: a text of full stops would take a minute otherwise.
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s+[\"'“‘«(\[]*[^\sa-zà-ÿ])")
# A full stop after one of these ends no sentence.
_SHORTENED = "dr dra mr mrs ms sr sra prof profa st vs no nº fig cf etc al ex i.e e.g p pp vol ed art av núm pág"
_ABBREVIATIONS = frozenset(_SHORTENED.split())
#: What is after so many brackets is not looked at: 200,000 of them alone take Markdown eight seconds.
MAX_BRACKETS = 5_000
_BREAKS = ("softbreak", "hardbreak")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item or table cell: its words without marks, a line break where the source has one."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and its level as written, 1 to 6."""

    text: str
    level: int
    line: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link: what the reader sees, where it leads, whether the address itself is what they see."""

    text: str
    target: str
    line: int
    is_bare: bool = False
    has_image: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in the text."""

    alt: str
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's words in lower case."""

    words: tuple[str, ...]
    line: int


@dataclass(slots=True)
class Outline:
    """What is in a text, in its order."""

    blocks: list[Block] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)


def outline_of(markdown: str) -> Outline:
    """Read a text up to its first ``MAX_BRACKETS`` brackets; code blocks are left out."""
    outline, level, line = Outline(), 0, 1
    for token in _MARKDOWN.parse(bounded(markdown)):
        line = token.map[0] + 1 if token.map else line
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "inline":
            _take(outline, token, line, level)
    return outline


def bounded(markdown: str) -> str:
    """Return what of a text is looked at."""
    if markdown.count("[") <= MAX_BRACKETS:
        return markdown
    return "[".join(markdown.split("[", MAX_BRACKETS)[:MAX_BRACKETS])


def sentences_of(blocks: list[Block]) -> Iterator[Sentence]:
    """Yield the sentences; each block ends one."""
    for block in blocks:
        start = 0
        for end in [*_ends(block.text), len(block.text)]:
            words = tuple(words_of(block.text[start:end]))
            if words:
                lead = len(block.text[start:end]) - len(block.text[start:end].lstrip())
                yield Sentence(words, block.line + block.text.count("\n", 0, start + lead))
            start = end


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case; figures are none."""
    return _WORD.findall(text.lower())


def _ends(text: str) -> Iterator[int]:
    for found in _SENTENCE_END.finditer(text):
        before = text[max(0, found.start() - 12) : found.start()].split()
        if found.group() == "." and before and before[-1].lower().lstrip("([“\"'") in _ABBREVIATIONS:
            continue
        yield found.end()


def _take(outline: Outline, inline: Token, line: int, level: int) -> None:
    parts: list[str] = []
    opened: tuple[Token, int, int, int] | None = None  # the link that is open: token, line, parts, pictures before it
    for child in inline.children or []:
        if child.type in _BREAKS:
            line += 1
            parts.append("\n")
        elif child.type == "image":
            outline.pictures.append(Picture(child.content.strip(), str(child.attrGet("src") or ""), line))
        elif child.type == "link_open":
            opened = (child, line, len(parts), len(outline.pictures))
        elif child.type == "link_close" and opened:
            token, at, before, pictures = opened
            words = " ".join("".join(parts[before:]).split())
            has_image = len(outline.pictures) > pictures
            target = str(token.attrGet("href") or "")
            outline.links.append(Link(words, target, at, token.markup == "autolink", has_image))
            opened = None
        else:
            parts.append(child.content)
    _keep(outline, "".join(parts), inline, line, level)


def _keep(outline: Outline, text: str, inline: Token, last_line: int, level: int) -> None:
    first = last_line - text.count("\n")
    if level:
        outline.headings.append(Heading(" ".join(text.split()), level, first))
    elif text.strip():
        outline.blocks.append(Block(text, first))
