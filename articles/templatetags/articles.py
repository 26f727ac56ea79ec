"""What the site's templates ask for and Django has no filter for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.template.context import Context
from django.utils.formats import date_format
from django.utils.translation import get_language

from articles.enums import Language
from articles.models import Image
from articles.site.pages import LanguageLink, active_language, address_in, language_links

WORDS_A_MINUTE = 220

register = template.Library()


@register.filter(expects_localtime=True)
def day(moment: datetime) -> str:
    """Return the day as the reader's language writes it."""
    text = date_format(moment, "DATE_FORMAT")
    # Django's Portuguese months have a capital, which English asks for and Portuguese does not.
    return text.lower() if get_language() == Language.PORTUGUESE else text


@register.filter
def reading_minutes(words: int) -> int:
    """Return how long a text of so many words takes to read, at least a minute."""
    return max(1, round(words / WORDS_A_MINUTE))


@register.filter
def of(covers: Mapping[int, Image], cover_id: int | None) -> Image | None:
    """Return the cover of a list's row, when it has one."""
    return None if cover_id is None else covers.get(cover_id)


@register.simple_tag(takes_context=True)
def site_languages(context: Context) -> list[LanguageLink]:
    """Return the links of the language switch: the page's own, or the lists where a page has no equivalent."""
    links: list[LanguageLink] | None = context.get("language_links")
    return links or language_links(active_language(), lambda code: address_in(code, "list"))
