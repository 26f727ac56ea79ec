"""Groups of cache keys: the part of a key that names what it is for, in a number that keys can't drive up."""

from __future__ import annotations

import re
from typing import Any

from perfmon.series import OVERFLOW_KEY

MAX_GROUPS = 50  # of an alias in one process; names that come later share one series
_USUAL = re.compile(r"(?!.*(?:[0-9a-fA-F]{8}|\d{4}))[A-Za-z_][\w.\-]{0,63}", re.ASCII)
_WORDS = re.compile(r"[A-Za-z_\-]+(?:\.[A-Za-z_\-]+){0,2}(?![^.])")

_admitted: dict[str, set[str]] = {}


def group_of(key: Any) -> str:
    """Return what stands before the key's first colon.

    A key without a colon has its leading dotted words, three at most: ``template.cache.sidebar.<digest>`` belongs to
    ``template.cache.sidebar``, a session to ``django.contrib.sessions``. A word with a digit in it is taken for a
    number or a digest, which name nothing.
    """
    if not isinstance(key, str):
        return OVERFLOW_KEY
    head, colon, _rest = key.partition(":")
    if colon:
        return head
    words = _WORDS.match(head)
    return words[0] if words else OVERFLOW_KEY


def admitted(alias: str, group: str) -> str:
    """Return the group if it is one of the first ``MAX_GROUPS`` of its alias and a usual name, else ``(other)``.

    A name with eight hexadecimal digits in a row, or four decimal ones, is a digest or a number and groups nothing.
    """
    known = _admitted.setdefault(alias, set())
    if group in known:
        return group
    if len(known) >= MAX_GROUPS or not _USUAL.fullmatch(group):
        return OVERFLOW_KEY
    known.add(group)
    return group


def forget_groups() -> None:
    """Begin again with no group known."""
    _admitted.clear()
