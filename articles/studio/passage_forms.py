"""What the editor's scripts ask of a model: a passage done anew, or texts for the fields beside it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles.enums import GenerationKind, Language
from articles.generation.choices import MAX_INSTRUCTION_CHARS, MAX_PASSAGE_CHARS, OPERATIONS, SUGGESTED, TONES
from articles.limits import MAX_BODY_CHARS, MAX_TITLE_CHARS

MAX_KEY_CHARS = 48
#: Of the text around a passage so much is sent along: enough to fit in, and short for a small model.
MAX_AROUND_CHARS = 600
#: An operation, the field it can't do without, and what is said then.
_NEEDS = (
    ("tone", "tone", _("Choose a tone.")),
    ("own", "instruction", _("Say what should become of the passage.")),
)


class WishForm(forms.Form):
    """What every wish says: for which article, none before it is stored, in which language, and once by its key."""

    kind: GenerationKind
    article = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    language = forms.ChoiceField(choices=Language.choices)
    key = forms.CharField(max_length=MAX_KEY_CHARS)
    alternative_to = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def parameters(self) -> dict[str, Any]:
        """Return what a valid wish is as a job's parameters."""
        raise NotImplementedError


class PassageForm(WishForm):
    """A passage, what is around it, and what becomes of it."""

    kind = GenerationKind.EDIT
    operation = forms.ChoiceField(choices=[(name, choice.label) for name, choice in OPERATIONS.items()])
    text = forms.CharField(
        max_length=MAX_PASSAGE_CHARS, strip=False,
        error_messages={"max_length": _("A passage has at most %(limit_value)d characters. Select less.")},
    )  # fmt: skip
    before = forms.CharField(required=False, strip=False)
    after = forms.CharField(required=False, strip=False)
    tone = forms.ChoiceField(required=False, choices=[("", ""), *((name, tone.label) for name, tone in TONES.items())])
    instruction = forms.CharField(required=False, max_length=MAX_INSTRUCTION_CHARS)

    def clean_text(self) -> str:
        """Return the passage; there is nothing to do with white space."""
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise ValidationError(_("Select a passage, or put the cursor into a paragraph."))
        return text

    def clean(self) -> dict[str, Any]:
        """Ask for a tone or an instruction where one is needed."""
        data = super().clean() or {}
        for operation, needed, words in _NEEDS:
            if data.get("operation") == operation and needed in data and not data[needed]:
                self.add_error(needed, words)
        return data

    def parameters(self) -> dict[str, Any]:
        """Return the job's parameters."""
        data = self.cleaned_data
        return {
            "operation": data["operation"], "text": data["text"], "before": data["before"][-MAX_AROUND_CHARS:],
            "after": data["after"][:MAX_AROUND_CHARS], "tone": data["tone"], "instruction": data["instruction"],
        }  # fmt: skip


class SuggestionForm(WishForm):
    """An article's text, and the field for which something is suggested."""

    kind = GenerationKind.SUGGEST
    field = forms.ChoiceField(choices=[(name, name) for name in SUGGESTED])
    title = forms.CharField(required=False, max_length=MAX_TITLE_CHARS)
    body = forms.CharField(max_length=MAX_BODY_CHARS, error_messages={"required": _("Write some text first.")})

    def parameters(self) -> dict[str, Any]:
        """Return the job's parameters."""
        data = self.cleaned_data
        return {"fields": [data["field"]], "title": data["title"], "body": data["body"]}
