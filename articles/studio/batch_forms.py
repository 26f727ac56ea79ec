"""What a batch is made of, as its form says it: topics or a file, and what all rows have in common."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.enums import GenerationKind, Language
from articles.generation import choices
from articles.generation.planning import Common, keywords_of
from articles.generation.rows import MAX_BYTES, MAX_ROWS
from articles.models import Category, PromptTemplate, PromptVersion


class CommonForm(forms.Form):
    """What holds for each row that says nothing else."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    tone = forms.ChoiceField(
        label=gettext_lazy("Tone"), choices=[(name, tone.label) for name, tone in choices.TONES.items()]
    )
    words = forms.IntegerField(
        label=gettext_lazy("Words each"),
        min_value=choices.MIN_WORDS,
        max_value=choices.MAX_WORDS,
        initial=choices.DEFAULT_WORDS,
    )
    category = forms.ModelChoiceField(
        label=gettext_lazy("Category"), queryset=Category.objects.all(), required=False, empty_label="—"
    )
    audience = forms.CharField(label=gettext_lazy("Audience"), required=False, max_length=choices.MAX_AUDIENCE_CHARS)
    keywords = forms.CharField(
        label=gettext_lazy("Keywords"), required=False, max_length=choices.MAX_KEYWORDS * choices.MAX_KEYWORD_CHARS
    )
    brief = forms.CharField(
        label=gettext_lazy("Brief for all"), required=False, max_length=choices.MAX_BRIEF_CHARS,
        help_text=gettext_lazy("Said to the model with every row that has no brief of its own."),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": None}),
    )  # fmt: skip

    prompt = forms.ModelChoiceField(
        label=gettext_lazy("Prompt"), required=False, empty_label=gettext_lazy("The usual one"),
        queryset=PromptTemplate.objects.filter(kind=GenerationKind.ARTICLE, is_archived=False),
        help_text=gettext_lazy("Its own variables may be columns of the table."),
    )  # fmt: skip

    def prompt_version(self) -> PromptVersion | None:
        """Return the newest wording of the chosen prompt."""
        template: PromptTemplate | None = self.cleaned_data.get("prompt")
        return template.versions.order_by("-number").first() if template else None

    def common(self) -> Common:
        """Return what a valid form says."""
        data = self.cleaned_data
        category = data["category"]
        return Common(
            brief=data["brief"].replace("\r\n", "\n"), tone=data["tone"], words=data["words"],
            language=data["language"], audience=data["audience"], keywords=keywords_of(data["keywords"]),
            category_id=category.pk if category else None,
        )  # fmt: skip

    def said(self) -> dict[str, str]:
        """Return what a valid form was given, to be given again on the next page."""
        return {name: str(value) for name in self.fields if (value := self[name].value()) not in (None, "")}


class BatchForm(CommonForm):
    """Topics in a text, or a file with rows; one of them."""

    topics = forms.CharField(
        label=gettext_lazy("Topics"), required=False, max_length=MAX_BYTES, strip=False,
        help_text=gettext_lazy("One a line; each becomes an article."),
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": None, "autofocus": True}),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Or a file"), required=False, widget=forms.FileInput(attrs={"accept": ".txt,.csv"})
    )

    def clean(self) -> dict[str, Any]:
        """Refuse neither and both, and a file that is too large before it is kept."""
        data: dict[str, Any] = super().clean() or {}
        file, has_topics = data.get("file"), bool((data.get("topics") or "").strip())
        if file and file.size > MAX_BYTES:
            self.add_error("file", _("The file has more than %(most)d MiB. Make the batch in parts.") % _MOST)
        elif file and has_topics:
            self.add_error("file", _("Give topics or a file, not both."))
        elif not file and not has_topics and not self.errors:
            self.add_error("topics", _("Write a topic, or choose a file."))
        return data


_MOST = {"most": MAX_BYTES >> 20, "rows": MAX_ROWS}
