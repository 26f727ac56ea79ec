"""The prompt templates a new site starts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.enums import GenerationKind


@dataclass(frozen=True, slots=True)
class Starter:
    """One template; its text is English, as models follow that best whatever language they write."""

    name: str
    description: str | Promise
    text: str
    system: str = ""
    kind: str = GenerationKind.ARTICLE
    variables: Mapping[str, str] = field(default_factory=dict)


STARTERS = (
    Starter(
        name="How-to",
        description=_("Explains how something is done, step by step."),
        text=(
            "Explain step by step how it is done, for {{ audience }}. Name what is needed, and what goes wrong most "
            "often."
        ),
    ),
    Starter(
        name="Opinion",
        description=_("Takes a stand and gives reasons, the other side’s too."),
        text=(
            "Take a clear stand on it: {{ stand }}. Give reasons and examples, and answer the strongest objection "
            "fairly."
        ),
        variables={"stand": "it is worth the effort"},
    ),
    Starter(
        name="News brief",
        description=_("Says what happened first, then what it means."),
        text=(
            "Say first what happened, to whom, where and when. Then say why it matters to {{ audience }}. "
            "Use only what the brief says:\n{{ brief }}"
        ),
    ),
    Starter(
        name="Listicle",
        description=_("A list of points that each stand alone."),
        text="Make each section one point of a list that can be read by itself, with an example.",
    ),
    Starter(
        name="Product note",
        description=_("What a product does, for whom, and where it ends."),
        text=(
            "Describe what {{ product }} does, for whom it is, and what it does not do. Praise nothing: say what it is "
            "used for. These words matter: {{ keywords }}"
        ),
        variables={"product": "the product"},
    ),
    Starter(
        name="Plain words",
        description=_("Rewrites a passage so that everybody understands it."),
        text="Use short sentences and everyday words. Explain each technical term. {{ instruction }}",
        kind=GenerationKind.EDIT,
    ),
)
