"""What the studio's templates ask for: the frame, moments, people."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.messages.storage.base import Message
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language

from articles.access import ADD, Account, actions_for, may_write
from articles.enums import Language, RevisionKind
from articles.models import Article
from articles.selectors import studio as selectors
from articles.selectors.revisions import RevisionRow
from articles.studio.step_forms import Offers, offers
from articles.studio.undo import Undo, undo_of

register = template.Library()


@register.inclusion_tag("studio/parts/nav.html", takes_context=True)
def studio_nav(context: Context) -> dict[str, Any]:
    """Show the way through the studio, with the number of texts that wait for this account's review."""
    request = context["request"]
    account: Any = request.user
    if not may_write(account):
        return {"is_inside": False}
    at = request.resolver_match.view_name if request.resolver_match else ""
    waiting = selectors.queue_count(account=account)
    return {"is_inside": True, "at": at, "waiting": waiting, "may_add": account.has_perm(ADD)}


@register.simple_tag
def moment(value: datetime | None) -> SafeString:
    """Return a ``<time>``: the clock for today, the day before that, in the page's zone and with UTC on hover."""
    return _time(value, moment_text(value), " data-moment") if value else SafeString("")


def moment_text(value: datetime) -> str:
    """Return the moment as a line of a list shows it."""
    local, now = timezone.localtime(value), timezone.localtime()
    clock = date_format(local, "H:i")
    if local.date() == now.date():
        return clock
    if local.year == now.year:
        return f"{_cased(date_format(local, 'j M'))}, {clock}"
    return _cased(date_format(local, "j M Y"))


@register.simple_tag
def clock_time(value: datetime) -> SafeString:
    """Return a ``<time>`` of the clock alone, for a page whose days are laid out in its zone already."""
    return _time(value, date_format(timezone.localtime(value), "H:i"), "")


@register.filter
def month_name(month: date) -> str:
    """Return the month and its year as a heading writes them."""
    return date_format(month, "YEAR_MONTH_FORMAT")


@register.filter
def day_name(day: date) -> str:
    """Return the day of the week and of the month as a list of days writes them."""
    return capfirst(_cased(date_format(day, "l, j M")))


@register.simple_tag
def zone_name() -> str:
    """Return the name of the zone this page is written in."""
    return timezone.get_current_timezone_name().replace("_", " ")


@register.simple_tag
def zone_key() -> str:
    """Return the key of the zone this page is written in, as a form sends it back."""
    return timezone.get_current_timezone_name()


@register.simple_tag(takes_context=True)
def step_offers(context: Context, article: Article) -> Offers:
    """Return the steps that whoever looks at the page can take with the article now."""
    return offers(article, actions_for(context["request"].user, article))


@register.filter
def undo(message: Message) -> Undo | None:
    """Return the form that takes back what a message tells of."""
    return undo_of(message)


@register.filter
def is_writing(account: Account) -> bool:
    """Whether the account has any business in the studio."""
    return may_write(account)


@register.filter
def person(account: AbstractBaseUser | None) -> str:
    """Return how the studio calls an account: by the full name, or by the login."""
    if account is None:
        return ""
    full_name: str = account.get_full_name()  # type: ignore[attr-defined]
    return full_name or account.get_username()


def _cased(text: str) -> str:
    # Django's Portuguese months and days have a capital, which English asks for and Portuguese does not.
    return text.lower() if get_language() == Language.PORTUGUESE else text


def _time(value: datetime, text: str, mark: str) -> SafeString:
    utc = value.astimezone(UTC)
    iso, title = f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', iso, title, mark, text)


@register.filter
def kind_label(row: RevisionRow) -> str:
    """Return why a revision was kept."""
    return str(RevisionKind(row.kind).label)


@register.filter
def figure(number: int) -> str:
    """Return a number with its thousands apart, as the reader's language has it."""
    return str(number_format(number, force_grouping=True))


@register.filter
def signed(number: int) -> str:
    """Return a difference with its sign; nothing for none."""
    return f"{number:+d}".replace("-", "−") if number else ""
