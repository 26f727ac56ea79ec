"""Markdown to safe HTML. Every text is hostile: raw HTML is shown as text, and what is made passes an allowlist.

Images of this site become <picture> elements before that, so they pass it too: sanitising is always the last step.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from articles.headings import HeadingIds
from articles.images.addresses import digest_in
from articles.images.markup import BODY_SIZES, picture_html
from articles.limits import MAX_EXCERPT_CHARS
from articles.models import Image
from articles.sanitising import sanitised
from articles.selectors.images import images_by_digest

_TOP_HEADING = 2
_BREAKS = ("softbreak", "hardbreak")
_EXCERPT_WINDOW_CHARS = 8_000  # where a first paragraph is looked for: a whole text would take up to 2 s
_FIGURE = "figure"


class SafeRenderer(RendererHTML):
    """Shows images of this site in the size that suits the reader, and makes one of another site a link.

    The site's policy lets no page fetch a foreign image, and the address would tell its site who reads what.
    """

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """Show an image of this site, its words when there is none, and link to any other."""
        token = tokens[idx]
        source = str(token.attrGet("src") or "")
        words = self.renderInlineAsText(token.children, options, env)
        digest = digest_in(source)
        if digest is None:
            return f'<a href="{escape(source)}">{escape(words or source)}</a>'
        image = env["images"].get(digest)
        if image is None:
            return escape(words)
        title = "" if token.meta.get(_FIGURE) else str(token.attrGet("title") or "")
        eager = env.pop("eager", False)  # of an article's pictures only the first can be on the first screen
        return picture_html(image, alt=words or None, title=title, sizes=BODY_SIZES, eager=eager)


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=SafeRenderer).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a text: its level in the page, the id that links lead to, and its words."""

    level: int
    id: str
    words: str


def render_markdown(text: str, *, eager: bool = False) -> str:
    """Return safe HTML for ``text``; its highest headings become ``h2``, below the page's own.

    Images of this site take one query, whatever their number, and none when there are none. ``eager`` loads the first
    at once, as it is for a page that shows no other above the text.
    """
    tokens = _parsed(text)
    images = images_by_digest(_digests(tokens))
    _make_figures(tokens, images)
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {"images": images, "eager": eager})
    return sanitised(html)


def headings_of(text: str) -> list[Heading]:
    """Return the headings of ``text`` in order, with the ids that ``render_markdown`` gives them."""
    return [
        Heading(int(token.tag[1]), str(token.attrGet("id")), _words(inline))
        for token, inline in itertools.pairwise(_parsed(text))
        if token.type == "heading_open"
    ]


def excerpt_of(text: str) -> str:
    """Return the first paragraph of ``text`` without marks, cut between words at ``MAX_EXCERPT_CHARS``."""
    tokens = _MARKDOWN.parse(text[:_EXCERPT_WINDOW_CHARS])
    for before, token in itertools.pairwise(tokens):
        if before.type == "paragraph_open" and (words := _words(token)):
            return _cut(words)
    return ""


def _parsed(text: str) -> list[Token]:
    tokens = _MARKDOWN.parse(text)
    _lower_headings(tokens)
    ids = HeadingIds()
    for token, inline in itertools.pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", ids.take(_words(inline)))
    return tokens


def _lower_headings(tokens: Sequence[Token]) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=_TOP_HEADING)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + _TOP_HEADING, 6)}"


def _digests(tokens: Sequence[Token]) -> set[str]:
    """Return the digests of all images of this site that the text names."""
    children = (child for token in tokens for child in token.children or [] if child.type == "image")
    return {digest for child in children if (digest := digest_in(str(child.attrGet("src") or "")))}


def _make_figures(tokens: Sequence[Token], images: Mapping[str, Image]) -> None:
    """Turn each paragraph of one image and no more into a figure, captioned with the image's title."""
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        children = inline.children or []
        if opening.type != "paragraph_open" or opening.hidden or len(children) != 1 or children[0].type != "image":
            continue
        picture = children[0]
        if digest_in(str(picture.attrGet("src") or "")) in images:
            opening.tag = closing.tag = _FIGURE
            picture.meta[_FIGURE] = True
            if title := str(picture.attrGet("title") or ""):
                children += _caption(title)


def _caption(words: str) -> list[Token]:
    return [
        Token("caption_open", "figcaption", 1),
        Token("text", "", 0, content=words),
        Token("caption_close", "figcaption", -1),
    ]


def _words(inline: Token) -> str:
    parts = [
        " " if child.type in _BREAKS else child.content for child in inline.children or [] if child.type != "image"
    ]
    return " ".join("".join(parts).split())


def _cut(words: str) -> str:
    if len(words) <= MAX_EXCERPT_CHARS:
        return words
    return f"{words[:MAX_EXCERPT_CHARS].rpartition(' ')[0] or words[: MAX_EXCERPT_CHARS - 1]}…"
