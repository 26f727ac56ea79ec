"""The form that starts a load test: a profile, and what of it is to be otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from perfmon.conf import get_config
from perfmon.loadtest.plans import CLOSED, OPEN
from perfmon.loadtest.profiles import PROFILES, Profile, get_profile

SHORTEST_S, LONGEST_S = 5, 14_400
MOST_ARRIVALS, MOST_USERS = 2000, 500
MODEL_CHOICES = (
    ("", _("As the profile says")),
    (OPEN, _("Open: arrivals at a rate, whatever answers take")),
    (CLOSED, _("Closed: users who wait for an answer, then think")),
)


def hosts() -> tuple[str, ...]:
    """Return the addresses that a load test may be sent to from the browser."""
    config = get_config()
    return tuple(dict.fromkeys((config.loadtest_host, *config.loadtest_hosts)))


class LoadTestForm(forms.Form):
    """Empty fields leave the profile as it is; ``wanted`` is the profile that came of a valid form."""

    profile = forms.ChoiceField(label=_("Profile"), choices=[(name, name) for name in PROFILES])
    host = forms.ChoiceField(label=_("Address"))
    model = forms.ChoiceField(label=_("Model"), choices=MODEL_CHOICES, required=False)
    duration_s = forms.IntegerField(
        label=_("Duration in seconds"), min_value=SHORTEST_S, max_value=LONGEST_S, required=False
    )
    target = forms.FloatField(
        label=_("Arrivals a second, or users"), min_value=0.1, max_value=MOST_ARRIVALS, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["host"].choices = [(host, host) for host in hosts()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what does not go together, each at its field."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        profile = PROFILES.get(given.get("profile", ""))
        if profile is None:
            return given
        if profile.search is not None:
            self._check_search(given)
        if self._model(given, profile) == CLOSED and (given.get("target") or 0) > MOST_USERS:
            self.add_error("target", _("At most %(most)d users can be at work at once.") % {"most": MOST_USERS})
        return given

    @property
    def wanted(self) -> Profile:
        """The profile as asked for."""
        given = self.cleaned_data
        profile = get_profile(given["profile"])
        profile = replace(profile, model=self._model(given, profile))
        if given["target"]:
            profile = _peaking(profile, given["target"])
        return profile.lasting(given["duration_s"]) if given["duration_s"] else profile

    def _model(self, given: dict[str, Any], profile: Profile) -> str:
        return str(given.get("model") or profile.model)

    def _check_search(self, given: dict[str, Any]) -> None:
        if given.get("duration_s"):
            self.add_error("duration_s", _("This profile ends when it has found the limit: leave the duration empty."))
        if given.get("model") == CLOSED:
            self.add_error("model", _("This profile looks for the highest rate of arrivals: it takes the open model."))


def _peaking(profile: Profile, target: float) -> Profile:
    if profile.search is None:
        return profile.peaking(target)
    start = min(profile.search.start, target)
    return replace(profile, search=replace(profile.search, start=start, most=target))
