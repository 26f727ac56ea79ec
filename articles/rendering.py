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
_EXCERPT_WINDOW_CHARS = 8_000  # where a first paragraph is looked for: a whole text would take up to 2 s
_OWN_ADDRESS = re.compile(r"/(?![/\\])")


class SafeRenderer(RendererHTML):
    """Headings one level down, below the page's own; an image of another site as a link, since the policy blocks it."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """Open a heading."""
        return f"<{_heading(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """Close a heading."""
        return f"</{_heading(tokens[idx])}>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """Show an image of this site, link to any other."""
        token = tokens[idx]
        source = str(token.attrGet("src") or "")
        if _OWN_ADDRESS.match(source):
            return super().image(tokens, idx, options, env)
        words = self.renderInlineAsText(token.children, options, env) or source
        return f'<a href="{escape(source)}">{escape(words)}</a>'


def _heading(token: Token) -> str:
    return f"h{min(int(token.tag[1]) + 1, 6)}"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=SafeRenderer).enable(["table", "strikethrough"])


def render_markdown(text: str) -> str:
    """Return safe HTML for ``text``; a heading ``#`` becomes ``h2``."""
    return nh3.clean(
        _MARKDOWN.render(text),
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


def _words(inline: Token) -> str:
    parts = [child.content or " " for child in inline.children or [] if child.type != "image"]
    return " ".join("".join(parts).split())


def _cut(words: str) -> str:
    if len(words) <= MAX_EXCERPT_CHARS:
        return words
    return f"{words[:MAX_EXCERPT_CHARS].rpartition(' ')[0] or words[: MAX_EXCERPT_CHARS - 1]}…"
