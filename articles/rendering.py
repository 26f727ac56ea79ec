"""Markdown to safe HTML. Every text is hostile: raw HTML is shown as text, and what is made passes an allowlist."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from articles.limits import MAX_EXCERPT_CHARS

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre",
    "strong", "s", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
URL_SCHEMES = {"http", "https", "mailto"}
_TOP_HEADING = 2
_BREAKS = ("softbreak", "hardbreak")
_EXCERPT_WINDOW_CHARS = 8_000  # where a first paragraph is looked for: a whole text would take up to 2 s
_OWN_ADDRESS = re.compile("/(?!/)")


class SafeRenderer(RendererHTML):
    """Makes an image of another site a link: the site's policy lets no page fetch it."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """Show an image of this site, link to any other."""
        token = tokens[idx]
        source = str(token.attrGet("src") or "")
        if _OWN_ADDRESS.match(source):
            return super().image(tokens, idx, options, env)
        words = self.renderInlineAsText(token.children, options, env) or source
        return f'<a href="{escape(source)}">{escape(words)}</a>'


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=SafeRenderer).enable(["table", "strikethrough"])


def render_markdown(text: str) -> str:
    """Return safe HTML for ``text``; its highest headings become ``h2``, below the page's own."""
    tokens = _MARKDOWN.parse(text)
    _lower_headings(tokens)
    return nh3.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=URL_SCHEMES,
        link_rel="noopener noreferrer",
    )


def excerpt_of(text: str) -> str:
    """Return the first paragraph of ``text`` without marks, cut between words at ``MAX_EXCERPT_CHARS``."""
    tokens = _MARKDOWN.parse(text[:_EXCERPT_WINDOW_CHARS])
    for before, token in itertools.pairwise(tokens):
        if before.type == "paragraph_open" and (words := _words(token)):
            return _cut(words)
    return ""


def _lower_headings(tokens: Sequence[Token]) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=_TOP_HEADING)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + _TOP_HEADING, 6)}"


def _words(inline: Token) -> str:
    parts = [
        " " if child.type in _BREAKS else child.content for child in inline.children or [] if child.type != "image"
    ]
    return " ".join("".join(parts).split())


def _cut(words: str) -> str:
    if len(words) <= MAX_EXCERPT_CHARS:
        return words
    return f"{words[:MAX_EXCERPT_CHARS].rpartition(' ')[0] or words[: MAX_EXCERPT_CHARS - 1]}…"
