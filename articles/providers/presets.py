"""The providers that most people connect, filled in: an address, and the limits and manners of what answers there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider. ``fields`` are a form's initial values beside the address; a local one is on one's own machine."""

    code: str
    label: str
    base_url: str
    keys_at: str = ""
    is_local: bool = False
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def initial(self) -> dict[str, Any]:
        """What the form begins with."""
        return {"name": self.code.replace(".", "-"), "base_url": self.base_url, **self.fields}

    @property
    def help(self) -> str | Promise:
        """What to have at hand."""
        if self.is_local:
            return _("It needs no key unless you gave it one.")
        return _("You make a key at %(page)s.") % {"page": self.keys_at}


_SLOW = {"first_token_s": 120, "total_s": 600, "max_in_flight": 2}

PRESETS: dict[str, Preset] = {
    preset.code: preset
    for preset in (
        Preset(
            "openai", "OpenAI", "https://api.openai.com/v1", "platform.openai.com/api-keys",
            fields={"new_token_limit": True, "context_tokens": 128_000},
        ),
        Preset(
            "deepseek", "DeepSeek", "https://api.deepseek.com/v1", "platform.deepseek.com/api_keys",
            fields={"takes_schema": False, "context_tokens": 64_000},
        ),
        Preset(
            "mistral", "Mistral", "https://api.mistral.ai/v1", "console.mistral.ai/api-keys",
            fields={"extra": {"seed": None, "stream_options": None}},
        ),
        Preset(
            "gemini", "Gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "aistudio.google.com/apikey",
            fields={"context_tokens": 128_000, "extra": {"seed": None}},
        ),
        Preset(
            "claude", "Claude", "https://api.anthropic.com/v1", "platform.claude.com/settings/keys",
            fields={"takes_schema": False, "context_tokens": 128_000, "extra": {"top_p": None}},
        ),
        Preset(
            "ollama", "Ollama", "http://127.0.0.1:11434/v1", is_local=True, fields={**_SLOW, "context_tokens": 4096}
        ),
        Preset("vllm", "vLLM", "http://127.0.0.1:8000/v1", is_local=True, fields={"max_in_flight": 32}),
        Preset(
            "llama.cpp", "llama.cpp", "http://127.0.0.1:8080/v1", is_local=True,
            fields={**_SLOW, "context_tokens": 4096, "extra": {"repeat_penalty": 1.1}},
        ),
    )
}  # fmt: skip
