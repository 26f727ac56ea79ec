"""The form of a prompt template, and how its wording reads with sample values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.generation.prompts import ROOM_TOKENS
from articles.generation.templates import rendered
from articles.generation.variables import VARIABLES, prompt_values, samples
from articles.models import PromptTemplate, PromptVersion
from articles.providers.base import estimated_tokens
from articles.services.prompts import PROMPT_KINDS, Wording, unused_in, wording_check

_MAX_SYSTEM_CHARS, _MAX_TEXT_CHARS, _MAX_DECLARED_CHARS = 4_000, 20_000, 4_000
#: Of the room for prompt and answer, what a template leaves to the rest of the prompt and the answer.
_MOST_TOKENS = ROOM_TOKENS // 2


class PromptForm(forms.Form):
    """A template's name, what it is for, and what its next version says."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    description = forms.CharField(label=gettext_lazy("Description"), required=False, max_length=300)
    kind = forms.ChoiceField(
        label=gettext_lazy("For"), required=False, choices=[(kind.value, kind.label) for kind in PROMPT_KINDS]
    )
    text = forms.CharField(
        label=gettext_lazy("What the model is asked"), max_length=_MAX_TEXT_CHARS, strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "true"}),
    )  # fmt: skip
    system = forms.CharField(
        label=gettext_lazy("Who the model is"), required=False, max_length=_MAX_SYSTEM_CHARS, strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    variables = forms.CharField(
        label=gettext_lazy("Variables of its own"), required=False, max_length=_MAX_DECLARED_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line with its value, such as: season = spring"),
    )  # fmt: skip
    number = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def wording(self) -> Wording:
        """Return what was typed, or what the form started with, whether it is valid or not."""
        return Wording(self._typed("text"), self._typed("system"), declared_in(self._typed("variables")))

    def take(self, error: ValidationError) -> None:
        """Show the reasons of a service beside their fields."""
        for name, texts in error.message_dict.items():
            self.add_error(name if name in self.fields else None, texts)

    def _typed(self, name: str) -> str:
        typed = self.data.get(name, "") if self.is_bound else self.get_initial_for_field(self.fields[name], name)
        return str(typed or "").replace("\r\n", "\n").strip()


@dataclass(frozen=True, slots=True)
class Preview:
    """How a wording reads with sample values; with ``errors`` it can't be stored, ``hints`` are advice."""

    system: str = ""
    text: str = ""
    tokens: int = 0
    errors: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def declared_in(typed: str) -> dict[str, str]:
    """Return the variables of lines such as ``season = spring``; a line without a sign is a name without a value."""
    lines = [line.partition("=") for line in typed.splitlines() if line.strip()]
    return {name.strip(): value.strip() for name, _sign, value in lines}


def initial_of(template: PromptTemplate | None, version: PromptVersion | None) -> dict[str, Any]:
    """Return what the form starts with."""
    if template is None or version is None:
        return {}
    declared = "\n".join(f"{name} = {value}" for name, value in version.variables.items())
    return {
        "name": template.name, "description": template.description, "kind": template.kind, "text": version.text,
        "system": version.system, "variables": declared, "number": version.number,
    }  # fmt: skip


def preview_of(wording: Wording) -> Preview:
    """Return how it reads, or what is wrong with it."""
    if not wording.text.strip():
        return Preview()
    try:
        wording_check(wording)
    except ValidationError as error:
        return Preview(errors=error.messages)
    values = prompt_values({**samples(), **wording.variables})
    system, text = rendered(wording.system, values), rendered(wording.text, values)
    tokens = estimated_tokens(system + text)
    hints = [_("“%(name)s” is declared and not used.") % {"name": name} for name in unused_in(wording)]
    if tokens > _MOST_TOKENS:
        hints.append(
            _("This is about %(tokens)d tokens, and a small model has room for %(most)d. It is cut for such a model.")
            % {"tokens": tokens, "most": _MOST_TOKENS}
        )
    return Preview(system, text, tokens, hints=hints)


def sample_parameters(version: PromptVersion) -> dict[str, Any]:
    """Return the parameters of a test: the sample of each variable."""
    values: Mapping[str, str] = {**samples(), **version.variables}
    plain = {name: value for name, value in values.items() if name not in ("tone", "language", "words")}
    kept = {**plain, "keywords": values["keywords"].split(", "), "words": int(VARIABLES["words"].sample)}
    return {"prompt_version": version.pk, "variables": dict(version.variables), **kept}
