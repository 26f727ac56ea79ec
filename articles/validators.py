"""Checks on text that no column type makes."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# PostgreSQL refuses NUL and UTF-8 has no lone surrogates; both pass JSON.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Zero-width characters are no white space to str.strip, yet nothing to a reader.
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*")


def validate_text(value: str) -> None:
    """Refuse characters that a database can't store."""
    if _UNSTORABLE.search(value):
        raise ValidationError(_("Contains a character that can't be stored, such as NUL."), code="unstorable")


def validate_not_blank(value: str) -> None:
    """Refuse text in which nothing can be seen."""
    if _INVISIBLE.fullmatch(value):
        raise ValidationError(_("Must not be blank."), code="blank")
