"""The variables of prompt templates: what each holds, a sample of it, and its value in a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.enums import Language
from articles.generation.choices import LANGUAGE_NAMES, TONES
from articles.generation.quoting import quoted_block, quoted_line
from articles.generation.templates import NAME

_LINE_CHARS, _BRIEF_CHARS, _TEXT_CHARS = 300, 1_200, 2_400


class Variable(NamedTuple):
    """What stands for ``{{ name }}``: words for editors, a sample, and how a value gets into a prompt."""

    label: str | Promise
    sample: str
    shown: Callable[[str], str]


def _plain(value: str) -> str:
    return value


def _line(value: str) -> str:
    return quoted_line(value, _LINE_CHARS) if value else ""


def _brief(value: str) -> str:
    return quoted_block(value, _BRIEF_CHARS) if value else ""


def _passage(value: str) -> str:
    return quoted_block(value, _TEXT_CHARS) if value else ""


VARIABLES: dict[str, Variable] = {
    "title": Variable(_("The title"), "Why bees matter to a farm", _line),
    "brief": Variable(_("What the article is to say"), "What bees do for fruit and seed crops.", _brief),
    "audience": Variable(_("For whom it is"), "people with a small farm", _line),
    "keywords": Variable(_("Words to use, with commas"), "pollination, hives", _line),
    "tone": Variable(_("The tone, in words"), TONES["neutral"].wording, _plain),
    "words": Variable(_("About how many words"), "500", _plain),
    "language": Variable(_("The language’s name"), LANGUAGE_NAMES[Language.ENGLISH.value], _plain),
    "text": Variable(_("The passage that is edited"), "Bees is a important animals for farms.", _passage),
    "instruction": Variable(_("What an editor wants done with it"), "Keep the first sentence.", _line),
}


def variable_check(name: str) -> None:
    """Raise ValidationError unless a template may call a variable of its own so."""
    if NAME.fullmatch(name) is None:
        raise ValidationError(
            gettext("“%(name)s” is no name of a variable. Use small letters, digits and underscores.")
            % {"name": name[:40]}
        )
    if name in VARIABLES:
        raise ValidationError(gettext("“%(name)s” is there already. Choose another name.") % {"name": name})


def samples() -> dict[str, str]:
    """Return a sample of every variable, as it is typed."""
    return {name: variable.sample for name, variable in VARIABLES.items()}


def prompt_values(typed: Mapping[str, str]) -> dict[str, str]:
    """Return values as they stand in a prompt: people's text quoted, so that it can't be read as an instruction."""
    return {name: VARIABLES[name].shown(value) if name in VARIABLES else _line(value) for name, value in typed.items()}


def values_of(
    parameters: Mapping[str, Any], language: str, declared: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the values of a job, as they stand in its prompt; ``declared`` are the template's own variables."""
    given = {name: str(value) for name, value in (parameters.get("variables") or {}).items()}
    tone = TONES.get(parameters.get("tone") or "", TONES["neutral"]).wording
    typed = {
        "title": parameters.get("title", ""), "brief": parameters.get("brief", ""),
        "audience": parameters.get("audience", ""), "keywords": ", ".join(parameters.get("keywords") or ()),
        "tone": tone, "words": str(parameters.get("words", "")), "text": parameters.get("text", ""),
        "language": LANGUAGE_NAMES.get(language, language), "instruction": parameters.get("instruction", ""),
    }  # fmt: skip
    return prompt_values({**(declared or {}), **typed, **given})
