"""Texts with ``{word}`` in them, taken apart once and filled anew for each request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import quote

_WORD = re.compile(r"\{(\w+)\}")
_SAFE_IN_PATHS = "/?:@!$&'()*+,;=-._~%#"


class Template:
    """A text whose known words are filled in; any other word in braces stays as it is (a body may be full of them)."""

    __slots__ = ("_escape", "_parts")

    def __init__(self, text: str, words: Collection[str], escape: Callable[[str], str]) -> None:
        self._escape = escape
        parts = [""]  # text, word, text, word, text
        for number, part in enumerate(_WORD.split(text)):
            if number % 2 and part in words:
                parts += [part, ""]
            else:
                parts[-1] += f"{{{part}}}" if number % 2 else part
        self._parts = tuple(parts)

    def fill(self, value_of: Callable[[str], str]) -> str:
        """Return the text with ``value_of(word)``, escaped, for each word; each place asks anew."""
        if len(self._parts) == 1:
            return self._parts[0]
        return "".join(self._escape(value_of(part)) if number % 2 else part for number, part in enumerate(self._parts))


def words_in(text: str) -> set[str]:
    """Return the words that stand in braces."""
    return set(_WORD.findall(text))


def path_template(path: str, words: Collection[str]) -> Template:
    """Return a path's template; what is filled in is quoted whole, so a slash in it makes no new part."""
    quoted = "".join(part if _WORD.fullmatch(part) else quote(part, _SAFE_IN_PATHS) for part in _split(path))
    return Template(quoted, words, lambda value: quote(value, ""))


def body_template(body: Any, words: Collection[str]) -> Template:
    """Return the template of a body as JSON; words stand in its texts."""
    return Template(json.dumps(body, separators=(",", ":")), words, lambda value: json.dumps(value)[1:-1])


def _split(path: str) -> list[str]:
    return re.split(r"(\{\w+\})", path)
