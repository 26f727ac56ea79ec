"""The form of an endpoint: its key goes in and never comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles.enums import Language
from articles.models import ProviderEndpoint
from articles.models.provider import all_languages
from articles.services.providers import MAX_KEY_CHARS, endpoint_save

if TYPE_CHECKING:
    Base = forms.ModelForm[ProviderEndpoint]
else:
    Base = forms.ModelForm


class ProviderForm(Base):
    """Stores through the service, which names the field of what it refuses."""

    base_url = forms.CharField(
        label=_("Address"), max_length=300, help_text=_("Up to and with the version, such as https://api.openai.com/v1."),
        widget=forms.TextInput(attrs={"class": "vTextField", "inputmode": "url", "spellcheck": "false"}),
    )  # fmt: skip
    key = forms.CharField(
        label=_("Key"), required=False, max_length=MAX_KEY_CHARS,
        widget=forms.PasswordInput(attrs={"class": "vTextField", "autocomplete": "new-password"}),
    )  # fmt: skip
    forget_key = forms.BooleanField(label=_("Remove the stored key"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=Language.choices, initial=all_languages, widget=forms.CheckboxSelectMultiple,
        help_text=_("That it writes well."),
    )  # fmt: skip
    extra = forms.JSONField(
        label=_("Further fields"), required=False, initial=dict,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("Sent along with each request, as a JSON object; null leaves a field out."),
    )  # fmt: skip

    class Meta:
        model = ProviderEndpoint
        fields = (
            "name", "base_url", "model", "is_enabled", "languages", "weight", "max_in_flight", "context_tokens",
            "first_token_s", "total_s", "price_in", "price_out", "takes_schema", "new_token_limit", "extra",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row.secret and "key" in self.fields:
            ends = _("It ends with …%(hint)s. ") % {"hint": row.secret_hint} if row.secret_hint else ""
            self.fields["key"].help_text = f"{ends}{_('One is stored. Leave this empty to keep it.')}"
        elif "key" in self.fields:
            self.fields["key"].help_text = _("Stored encrypted and never shown again. Some servers need none.")
        if not row.secret:
            self.fields.pop("forget_key", None)

    def clean_extra(self) -> Any:
        """Take an empty field for no fields."""
        return self.cleaned_data["extra"] if self.cleaned_data["extra"] is not None else {}

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the address to the service: Django's own check takes no host of one word, such as a container's."""
        return {*super()._get_validation_exclusions(), "base_url"}  # type: ignore[misc]  # not in the stubs

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if not self.errors:
            self._store()

    def _store(self) -> None:
        try:
            endpoint_save(
                endpoint=self.instance,
                key=self.cleaned_data.get("key", ""),
                forget_key=bool(self.cleaned_data.get("forget_key")),
            )
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.add_error(name if name in self.fields else None, [str(message) for message in messages])
