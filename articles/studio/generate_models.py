"""What the studio says about the connected models, and about what may still be spent on them."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.enums import Language
from articles.generation.budgets import standing_of
from articles.generation.errors import BudgetError
from articles.providers.base import Endpoint
from articles.providers.endpoints import endpoints

CONNECT = "articles.add_providerendpoint"
_MOST_NAMED = 3


class Model(NamedTuple):
    """A connected model as the form names it."""

    name: str
    model: str
    label: str
    about: str
    languages: tuple[str, ...]
    bundled: bool


class Unwritten(NamedTuple):
    """A language that no connected model writes, and that sentence."""

    code: str
    words: str


def shown_models() -> list[Model]:
    """Return the connected models, those that write most languages first."""
    found = [_model(endpoint) for endpoint in endpoints()]
    return sorted(found, key=lambda model: (-len(model.languages), model.bundled, model.name))


def unwritten_languages(models: list[Model]) -> list[Unwritten]:
    """Return the languages of articles that none of the models writes; none when there is no model at all."""
    if not models:
        return []
    unwritten = [language for language in Language if not any(language.value in model.languages for model in models)]
    return [Unwritten(language.value, language_words(language, models)) for language in unwritten]


def language_words(language: Language, models: list[Model]) -> str:
    """Return why nothing can be written in that language."""
    told = {"language": language.label}
    if all(model.bundled for model in models):
        return _("The model that comes along writes English only, so nothing in %(language)s would be any good.") % told
    return _("No connected model writes %(language)s.") % told


def connecting(account: Any) -> dict[str, Any]:
    """Return how the account gets another model connected: the page for it, or whom to ask."""
    if account.is_staff and account.has_perm(CONNECT):
        return {"connect_url": reverse("admin:articles_providerendpoint_add"), "administrators": ""}
    chiefs = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk")[:_MOST_NAMED]
    names = [chief.get_full_name() or chief.get_username() for chief in chiefs]
    return {"connect_url": "", "administrators": ", ".join(names)}


def bounds_words(account: Any) -> list[str]:
    """Return what of its budgets the account has left, a line each; nothing where nothing binds."""
    standing = standing_of(account.pk)
    bounds, lines = standing.bounds, []
    if bounds.account is not None:
        left = max(bounds.account - standing.account_spent, 0)
        lines.append(_("US$ %(left).2f of your US$ %(limit).2f this month") % {"left": left, "limit": bounds.account})
    if bounds.site is not None:
        left = max(bounds.site - standing.site_spent, 0)
        lines.append(
            _("US$ %(left).2f of the site’s US$ %(limit).2f this month") % {"left": left, "limit": bounds.site}
        )
    if bounds.jobs_per_day is not None:
        left_today = max(bounds.jobs_per_day - standing.jobs_today, 0)
        words = ngettext("%(left)d of %(limit)d job today", "%(left)d of %(limit)d jobs today", bounds.jobs_per_day)
        lines.append(words % {"left": left_today, "limit": bounds.jobs_per_day})
    return lines


def budget_words(error: BudgetError) -> str:
    """Return why nothing was started, and when something may be."""
    told = {"limit": error.limit}
    if error.code == "jobs":
        words = ngettext(
            "Nothing was started: %(limit)d job a day is all you may start. Tomorrow (UTC) you may again.",
            "Nothing was started: %(limit)d jobs a day are all you may start. Tomorrow (UTC) you may again.",
            int(error.limit),
        )
        return words % told
    if error.code == "site":
        return _("Nothing was started: the site’s budget of US$ %(limit).2f for this month is used up.") % told
    return _("Nothing was started: your budget of US$ %(limit).2f for this month is used up.") % told


def _model(endpoint: Endpoint) -> Model:
    languages = tuple(str(Language(code).label) for code in endpoint.languages if code in Language.values)
    writes = _("writes %(languages)s") % {"languages": ", ".join(languages)}
    origin = _("comes along") if endpoint.bundled else endpoint.name
    price = _price(endpoint)
    return Model(
        name=endpoint.name, model=endpoint.model, label=f"{endpoint.model} · {writes}",
        about=" · ".join(part for part in (origin, writes, price) if part), languages=endpoint.languages,
        bundled=endpoint.bundled,
    )  # fmt: skip


def _price(endpoint: Endpoint) -> str:
    if not (endpoint.price_in or endpoint.price_out):
        return _("costs nothing")
    told = {"into": f"{endpoint.price_in:.2f}", "out": f"{endpoint.price_out:.2f}"}
    return _("US$ %(into)s in, %(out)s out a million tokens") % told
