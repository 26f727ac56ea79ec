"""SQL as people skim it: lists of columns and parameters folded, literal texts taken out, at most so long. Pure."""

from __future__ import annotations

import re

LONGEST_CHARS = 240
OWN = "/* perfmon */"

_NAME = r'(?:"[^"]*"|\w+)(?:\.(?:"[^"]*"|\w+))*'
_COLUMNS = re.compile(rf"({_NAME}), {_NAME}(?:, {_NAME}){{2,}}")
_PARAMETERS = re.compile(r"\$\d+(?:, \$\d+){3,}")
_GROUPS = re.compile(r"(\([^()]*\))(?:, \([^()]*\))+")
# PostgreSQL leaves the texts of utility statements as they were, and one of those may be a password. A backslash is
# taken for an escape everywhere: that takes out too much of a text rather than too little.
_LITERALS = re.compile(r"'(?:[^'\\]|\\.|'')*(?:'|$)|\$((?:[A-Za-z_]\w*)?)\$.*?(?:\$\1\$|$)", re.DOTALL)
_FOLDED = re.compile(r", \.\.\. ")  # PostgreSQL 18 folds lists itself, into a comment
_COMMENTS = re.compile(r"\s*/\*.*?\*/", re.DOTALL)
_PLAIN = re.compile(r'"([a-z_][a-z0-9_]*)"')


def shortened(sql: str) -> str:
    """Return one line of at most ``LONGEST_CHARS`` that tells what the statement does, without any literal text."""
    text = _LITERALS.sub("'…'", sql)
    text = _COMMENTS.sub(lambda found: ", …" if _FOLDED.search(found[0]) else "", text)
    text = " ".join(text.split())
    text = _PARAMETERS.sub("…", _PLAIN.sub(r"\1", text))
    text = _COLUMNS.sub(_folded, text)
    text = _GROUPS.sub(r"\1, …", text)
    return text if len(text) <= LONGEST_CHARS else f"{text[: LONGEST_CHARS - 1].rstrip()}…"


def is_own(sql: str) -> bool:
    """Tell whether perfmon itself sends the statement: it names its tables, or says so in a comment."""
    return "perfmon_" in sql or OWN in sql


def _folded(found: re.Match[str]) -> str:
    return f"{found[1]}, … {found[0].count(', ')} more"
