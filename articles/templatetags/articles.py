"""What the site's templates ask for and Django has no filter for."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.translation import get_language

from articles.enums import Language

register = template.Library()


@register.filter(expects_localtime=True)
def day(moment: datetime) -> str:
    """Return the day as the reader's language writes it."""
    text = date_format(moment, "DATE_FORMAT")
    # Django's Portuguese months have a capital, which English asks for and Portuguese does not.
    return text.lower() if get_language() == Language.PORTUGUESE else text
