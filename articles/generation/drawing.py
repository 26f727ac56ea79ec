"""Sections as HTML while they grow: once for all viewers, off the event loop, and a long one not with every word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from articles.generation.threads import in_thread
from articles.rendering import render_markdown

logger = logging.getLogger(__name__)

DEAR_S = 0.002
LONG_CHARS = 4_000  # sent whole to every viewer each time
PAUSE_S = 0.1


class Drawing:
    """Renders the sections of one watched job; ``tell`` gets what was too soon to be sent along with its words.

    Whoever changes a section holds ``turn`` until the change was sent: what is drawn alone is then neither of words
    that are still to come nor older than what was sent with its words.
    """

    def __init__(self, text_of: Callable[[int], str], tell: Callable[[int, str], None]) -> None:
        self.turn = asyncio.Lock()
        self._text_of, self._tell = text_of, tell
        self._due_s: dict[int, float] = {}
        self._late: set[int] = set()
        self._catching_up: asyncio.Task[None] | None = None

    async def html_of(self, section: int) -> str | None:
        """Return the section as safe HTML; None when it was drawn a moment ago, and then it is told soon."""
        if asyncio.get_running_loop().time() >= self._due_of(section):
            return await self._draw(section)
        self.soon(section)
        return None

    def soon(self, section: int) -> None:
        """Have the section told alone, as soon as it may be drawn."""
        self._late.add(section)
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up())

    def close(self) -> None:
        """Draw nothing more."""
        if self._catching_up is not None:
            self._catching_up.cancel()

    async def _draw(self, section: int) -> str | None:
        self._late.discard(section)
        loop, text = asyncio.get_running_loop(), self._text_of(section)
        began_s = loop.time()
        try:
            html = await in_thread(render_markdown)(text)
        except Exception:  # the words are sent all the same
            logger.exception("A section could not be drawn.")
            html = None
        ended_s = loop.time()
        is_dear = ended_s - began_s > DEAR_S or len(text) > LONG_CHARS
        self._due_s[section] = ended_s + PAUSE_S if is_dear else 0.0
        return html

    async def _catch_up(self) -> None:
        while self._late:
            section = min(self._late, key=self._due_of)
            await asyncio.sleep(self._due_of(section) - asyncio.get_running_loop().time())
            async with self.turn:
                html = await self._draw(section) if section in self._late else None
                if html is not None:
                    self._tell(section, html)
        self._catching_up = None

    def _due_of(self, section: int) -> float:
        return self._due_s.get(section, 0.0)
