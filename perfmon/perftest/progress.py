"""Tells how far a test is: one line that is written over on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from time import monotonic
from typing import TextIO

from django.utils.translation import gettext as _

PERIOD_S = {True: 0.2, False: 30.0}  # on a terminal, elsewhere


class Progress:
    """Writes to ``out``; call it with check, route, requests done and to do."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._on_terminal = out, out.isatty()
        self._told, self._told_s = ("", ""), 0.0
        self._width = 0

    def __call__(self, check: str, route: str, done: int, total: int) -> None:
        """Tell it, unless something was told of the same check and route a moment ago."""
        now_s = monotonic()
        if (check, route) == self._told and now_s - self._told_s < PERIOD_S[self._on_terminal]:
            return
        self._told, self._told_s = (check, route), now_s
        self._write(_("%(check)s GET %(route)s: %(done)s of %(total)s") % {
            "check": check, "route": route, "done": f"{done:,}", "total": f"{total:,}"
        })  # fmt: skip

    def clear(self) -> None:
        """Take the line away."""
        if self._on_terminal and self._width:
            self._out.write("\r" + " " * self._width + "\r")
            self._out.flush()
            self._width = 0

    def _write(self, text: str) -> None:
        if self._on_terminal:
            self.clear()
            self._width = len(text)
            self._out.write(text)
        else:
            self._out.write(text + "\n")
        self._out.flush()
