"""What an editor says of an article that a model is to write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.enums import GenerationKind, Language
from articles.generation.choices import DEFAULT_TONE, DEFAULT_WORDS, LENGTHS, TONES
from articles.generation.wishes import article_wish
from articles.models import Category, GenerationJob, PromptTemplate, PromptVersion
from articles.studio.forms import KEY_CHARS
from articles.studio.generate_models import language_words, shown_models

_ASKED = ("title", "brief", "tone", "words", "language", "audience", "keywords")


class GenerateForm(forms.Form):
    """A title or a brief is needed, and a language that a connected model writes; sizes are the wish's to check."""

    title = forms.CharField(
        label=gettext_lazy("Title"), required=False,
        help_text=gettext_lazy("Or leave it to the model, and say below what it is about."),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )  # fmt: skip
    brief = forms.CharField(
        label=gettext_lazy("Brief"), required=False,
        help_text=gettext_lazy("What it says, in any order: points, facts, what to leave out."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    words = forms.TypedChoiceField(
        label=gettext_lazy("Length"), coerce=int, initial=DEFAULT_WORDS,
        choices=[(length.words, length.label) for length in LENGTHS.values()],
    )  # fmt: skip
    tone = forms.ChoiceField(
        label=gettext_lazy("Tone"), choices=[(name, tone.label) for name, tone in TONES.items()], initial=DEFAULT_TONE
    )
    audience = forms.CharField(
        label=gettext_lazy("Audience"), required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("beginners, for example")}),
    )  # fmt: skip
    keywords = forms.CharField(
        label=gettext_lazy("Keywords"), required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("separated by commas")}),
    )  # fmt: skip
    category = forms.ModelChoiceField(
        label=gettext_lazy("Category"), queryset=Category.objects.all(), required=False, empty_label="—"
    )
    prompt = forms.ModelChoiceField(
        label=gettext_lazy("Prompt"), required=False, empty_label=gettext_lazy("The usual one"),
        queryset=PromptTemplate.objects.filter(kind=GenerationKind.ARTICLE, is_archived=False),
    )  # fmt: skip
    endpoint = forms.CharField(label=gettext_lazy("Model"), required=False)
    key = forms.CharField(required=False, max_length=KEY_CHARS, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Refuse what no model can be asked."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            category = data["category"]
            try:
                wish = article_wish(
                    {**{name: data[name] for name in _ASKED}, "category_id": category.pk if category else None}
                )
            except ValidationError as error:
                self.add_error(None, error)
            else:
                data["wish"] = wish
        if "language" in data:
            self._check_model(Language(data["language"]), data.get("endpoint", ""))
        return data

    def parameters(self) -> dict[str, Any]:
        """Return what a valid form asks for, as a job keeps it."""
        parameters: dict[str, Any] = self.cleaned_data["wish"].parameters()
        return parameters

    def prompt_version(self) -> PromptVersion | None:
        """Return the newest wording of the chosen template."""
        template: PromptTemplate | None = self.cleaned_data["prompt"]
        return template.versions.order_by("-number").first() if template else None

    def _check_model(self, language: Language, endpoint: str) -> None:
        models = shown_models()
        wanted = [model for model in models if model.name == endpoint] if endpoint else models
        if not models:
            self.add_error("endpoint", _("No model is connected, so nothing was started."))
        elif not wanted:
            self.add_error("endpoint", _("This model is no longer connected. Choose another."))
        elif not any(language.value in model.languages for model in wanted):
            self.add_error("language", language_words(language, wanted))


def initial_of(job: GenerationJob) -> dict[str, Any]:
    """Return what the form shows of a wish that was made before; of its lengths the nearest."""
    asked, version = job.parameters, job.prompt_version
    words = int(asked.get("words") or DEFAULT_WORDS)
    return {
        **{name: asked.get(name, "") for name in ("title", "brief", "tone", "audience")},
        "words": min((length.words for length in LENGTHS.values()), key=lambda length: abs(length - words)),
        "keywords": ", ".join(asked.get("keywords") or ()), "category": asked.get("category_id"),
        "language": job.language, "endpoint": job.endpoint_wanted, "prompt": version.template_id if version else None,
    }  # fmt: skip


def wish_lines(job: GenerationJob) -> list[tuple[str, str]]:
    """Return what a job was asked for, label by label, without what was left empty."""
    asked, tone = initial_of(job), TONES.get(job.parameters.get("tone", ""))
    category = Category.objects.filter(pk=asked["category"]).first() if asked["category"] else None
    said = {
        **asked, "language": Language(job.language).label, "words": job.parameters.get("words", ""),
        "tone": tone.label if tone else "", "category": category or "", "prompt": job.prompt_version or "",
    }  # fmt: skip
    fields = GenerateForm.base_fields
    return [(str(fields[name].label), str(said[name])) for name in fields if name != "key" and said[name]]
