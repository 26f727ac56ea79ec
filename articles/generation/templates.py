"""The language of prompt templates: text with ``{{ name }}``, and nothing else in it has a meaning.

A name stands for a value and can't be called, indexed or followed by an attribute. ``{{{{`` and ``}}}}`` are literal
double braces; single ones need no care.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: Escapes first, so that four braces are never read as an opening.
_PARTS = re.compile(r"(\{\{\{\{|\}\}\}\}|\{\{(?:(?!\{\{|\}\}).)*\}\}|\{\{|\}\})", re.DOTALL)
_ESCAPES = {"{{{{": "{{", "}}}}": "}}"}


class Part(NamedTuple):
    """A piece of a template: plain text, or the name of a variable."""

    text: str
    is_variable: bool = False


def parsed(template: str) -> list[Part]:
    """Return the pieces; raises ValidationError naming the place and what is wrong with it."""
    parts: list[Part] = []
    errors: list[str] = []
    at = 0
    for piece in _PARTS.split(template):
        line = template.count("\n", 0, at) + 1
        at += len(piece)
        if piece in _ESCAPES:
            parts.append(Part(_ESCAPES[piece]))
        elif piece in ("{{", "}}"):
            errors.append(_unpaired(piece, line))
        elif piece.startswith("{{"):
            name = piece[2:-2].strip()
            if NAME.fullmatch(name) is None:
                errors.append(_no_name(name, line))
            parts.append(Part(name, is_variable=True))
        elif piece:
            parts.append(Part(piece))
    if errors:
        raise ValidationError(errors)
    return parts


def variables_in(template: str) -> list[str]:
    """Return the names a template uses, each once, in the order they come; raises ValidationError."""
    return list(dict.fromkeys(part.text for part in parsed(template) if part.is_variable))


def check_template(template: str, known: Collection[str]) -> None:
    """Raise ValidationError unless every variable is known; an unknown one is told with the nearest one known."""
    unknown = [name for name in variables_in(template) if name not in known]
    if unknown:
        raise ValidationError([_unknown(name, known) for name in unknown])


def rendered(template: str, values: Mapping[str, str]) -> str:
    """Return the text with the values in it; they are put in once and never read as a template themselves.

    A variable without a value becomes nothing, so that a version that a job keeps can always be used.
    """
    return "".join(values.get(part.text, "") if part.is_variable else part.text for part in parsed(template))


def _unpaired(piece: str, line: int) -> str:
    wanted = "}}" if piece == "{{" else "{{"
    return _("Line %(line)d: %(piece)s without %(wanted)s. Write %(double)s for braces that are text.") % {
        "line": line, "piece": piece, "wanted": wanted, "double": piece * 2,
    }  # fmt: skip


def _no_name(name: str, line: int) -> str:
    return _(
        "Line %(line)d: “%(name)s” is no name of a variable. A name has small letters, digits and underscores only, "
        "such as {{ title }}; there are no dots, brackets or filters."
    ) % {"line": line, "name": name[:40]}


def _unknown(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if near:
        return _("There is no variable “%(name)s”. Did you mean “%(near)s”?") % {"name": name, "near": near[0]}
    return _("There is no variable “%(name)s”. There are: %(known)s.") % {
        "name": name, "known": ", ".join(sorted(known)),
    }  # fmt: skip
