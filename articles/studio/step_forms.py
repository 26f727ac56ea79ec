"""What a step is told beside its name: a note, moments, the zone these are written in."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.enums import Action, Status
from articles.limits import MAX_NOTE_CHARS
from articles.models import Article
from articles.studio.entry import known_zone
from articles.wording import USUAL_ORDER, VERBS, Words

_FURTHEST = timedelta(days=3660)
_MAX_VERSION = 2**31 - 1
_MOMENT_INPUT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class StepForm(forms.Form):
    """One step of one article. Moments are read in ``zone``, in UTC when there is none."""

    action = forms.ChoiceField(choices=[(action.value, words) for action, words in VERBS.items()])
    version = forms.IntegerField(min_value=1, max_value=_MAX_VERSION, required=False)
    note = forms.CharField(
        label=_("Note"), required=False, max_length=MAX_NOTE_CHARS, widget=forms.Textarea(attrs={"rows": 4})
    )
    publish_at = forms.DateTimeField(label=_("Publish at"), required=False, widget=_MOMENT_INPUT)
    unpublish_at = forms.DateTimeField(label=_("Take off again at"), required=False, widget=_MOMENT_INPUT)
    zone = forms.CharField(required=False, max_length=64)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.written_zone = known_zone(str(self.data.get("zone", "")))

    def full_clean(self) -> None:
        """Read the moments in the zone that the page showed to whoever wrote them."""
        with timezone.override(self.written_zone or zoneinfo.ZoneInfo("UTC")):
            super().full_clean()

    def clean_publish_at(self) -> datetime | None:
        """Return the moment; a schedule can't do without."""
        if not self.cleaned_data["publish_at"] and self.cleaned_data.get("action") == Action.SCHEDULE:
            raise ValidationError(_("Say when it is to be published."))
        return self._clean_moment("publish_at")

    def clean_unpublish_at(self) -> datetime | None:
        """Return the moment, if there is to be one."""
        return self._clean_moment("unpublish_at")

    def _clean_moment(self, name: str) -> datetime | None:
        moment: datetime | None = self.cleaned_data[name]
        if moment is None:
            return None
        if self.written_zone is None:
            raise ValidationError(_("This server does not know the time zone of your browser. Write the time in UTC."))
        if moment.year > (timezone.now() + _FURTHEST).year:
            raise ValidationError(_("Choose a moment within the next ten years."))
        return moment


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that an account can take now, as the page offers it."""

    action: str
    verb: Words
    form: StepForm
    asks: tuple[str, ...]
    is_main: bool
    is_harsh: bool

    @property
    def fields(self) -> list[forms.BoundField]:
        """What the step is told, as fields."""
        return [self.form[name] for name in self.asks]


#: What each step is told.
ASKS: dict[Action, tuple[str, ...]] = {
    Action.RETURN: ("note",), Action.APPROVE: (), Action.SCHEDULE: ("publish_at", "unpublish_at"),
}  # fmt: skip
_HARSH = frozenset({Action.DISCARD, Action.UNPUBLISH, Action.ARCHIVE})


@dataclass(frozen=True, slots=True)
class Offers:
    """The steps of a page: those most come for, and those that take something away."""

    usual: list[Offer]
    harsh: list[Offer]


def offers(article: Article, actions: Sequence[Action]) -> Offers:
    """Return the steps in the order of the page, with empty forms for those that are told something."""
    made = [
        Offer(action.value, verb(action, article), _blank(action, article), ASKS.get(action, ()),
              is_main=at == 0 and action not in _HARSH, is_harsh=action in _HARSH)
        for at, action in enumerate(sorted(actions, key=USUAL_ORDER.index))
    ]  # fmt: skip
    return Offers([offer for offer in made if not offer.is_harsh], [offer for offer in made if offer.is_harsh])


def verb(action: Action, article: Article) -> Words:
    """Return what the button of a step says, for this article."""
    if action is Action.PUBLISH and article.is_public:
        return _("Publish the changes")
    if action is Action.SCHEDULE and article.status == Status.SCHEDULED:
        return _("Change the schedule")
    return VERBS[action]


def _blank(action: Action, article: Article) -> StepForm:
    """Return the form with the moments it has, or tomorrow at nine."""
    tomorrow = (timezone.localtime() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    initial = {"publish_at": article.publish_at or tomorrow, "unpublish_at": article.unpublish_at}
    form = StepForm(initial=initial, auto_id=f"{action.value}-%s")
    for name in ("publish_at", "unpublish_at"):
        moment = initial[name]
        if moment:
            form.fields[name].widget.attrs["data-utc"] = moment.astimezone(UTC).isoformat(timespec="minutes")
    return form
