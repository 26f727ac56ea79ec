"""What changes prompt templates. A wording is never changed: a change is a new version, and jobs keep theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from articles.access import may_change_prompt
from articles.enums import GenerationKind
from articles.exceptions import NotAllowedError, StaleVersionError
from articles.generation.prompt_starters import STARTERS, Starter
from articles.generation.quoting import CONTROLS
from articles.generation.templates import check_template, variables_in
from articles.generation.variables import VARIABLES, variable_check
from articles.models import PromptTemplate, PromptVersion

#: What templates can be for.
PROMPT_KINDS = (GenerationKind.ARTICLE, GenerationKind.EDIT)
MAX_VARIABLES = 12


@dataclass(frozen=True, slots=True)
class Wording:
    """What a version says; ``variables`` are its own, with the values they have unless a job gives others."""

    text: str
    system: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> set[str]:
        """The names it may use."""
        return {*VARIABLES, *self.variables}


def prompt_create(
    *, name: str, wording: Wording, actor: AbstractBaseUser | None, kind: str = GenerationKind.ARTICLE,
    description: str = "",
) -> PromptTemplate:  # fmt: skip
    """Store a template with its first version; raises ValidationError naming the fields."""
    template = PromptTemplate(
        name=" ".join(name.split()), description=" ".join(description.split()), kind=kind, created_by_id=_pk(actor)
    )
    _check(template, wording)
    with transaction.atomic():
        template.save()
        _add(template, wording, 1, actor)
    return template


def prompt_change(
    *, template_id: int, name: str, description: str, wording: Wording, number: int, actor: AbstractBaseUser
) -> PromptVersion:
    """Store what was written as the template's next version, if its wording changed; return the newest.

    ``number`` is the version that the writer started from. Raises ValidationError naming the fields, NotAllowedError,
    StaleVersionError with nothing stored, PromptTemplate.DoesNotExist.
    """
    with transaction.atomic():
        template = PromptTemplate.objects.select_for_update().get(pk=template_id)
        _require(actor, template)
        newest = template.versions.latest("number")
        if newest.number != number:
            raise StaleVersionError(template_id, number, newest.number)
        template.name, template.description = " ".join(name.split()), " ".join(description.split())
        _check(template, wording)
        template.save()
        if wording_of(newest) == wording:
            return newest
        return _add(template, wording, newest.number + 1, actor)


def prompt_archive(*, template_id: int, is_archived: bool, actor: AbstractBaseUser) -> PromptTemplate:
    """Put a template away, or bring it back; its versions stay. Raises NotAllowedError, PromptTemplate.DoesNotExist."""
    with transaction.atomic():
        template = PromptTemplate.objects.select_for_update().get(pk=template_id)
        _require(actor, template)
        template.is_archived = is_archived
        template.save(update_fields=["is_archived", "updated_at"])
    return template


def starters_add(*, actor: AbstractBaseUser | None) -> int:
    """Store the starter templates whose names are not there yet; return how many."""
    missing = starters_missing()
    with transaction.atomic():
        for starter in missing:
            wording = Wording(text=starter.text, system=starter.system, variables=starter.variables)
            prompt_create(
                name=starter.name, description=str(starter.description), kind=starter.kind, wording=wording,
                actor=actor,
            )  # fmt: skip
    return len(missing)


def starters_missing() -> list[Starter]:
    """Return the starter templates whose names are not there."""
    there = set(PromptTemplate.objects.values_list("name", flat=True))
    return [starter for starter in STARTERS if starter.name not in there]


def wording_of(version: PromptVersion) -> Wording:
    """Return what a version says."""
    return Wording(version.text, version.system, version.variables)


def wording_check(wording: Wording) -> None:
    """Raise ValidationError naming each field of a wording that can't be stored."""
    errors: dict[str, Any] = {}
    if not wording.text.strip():
        errors["text"] = [_("Write what the model is asked.")]
    for name in wording.variables:
        try:
            variable_check(name)
        except ValidationError as error:
            errors.setdefault("variables", []).extend(error.messages)
    if len(wording.variables) > MAX_VARIABLES:
        errors["variables"] = [_("A template has at most %(most)d variables of its own.") % {"most": MAX_VARIABLES}]
    for name, text in (("system", wording.system), ("text", wording.text)):
        if CONTROLS.search(text):
            errors[name] = [_("This holds control characters, as a file that is no text does. Paste it as plain text.")]
            continue
        try:
            check_template(text, wording.known)
        except ValidationError as error:
            errors.setdefault(name, []).extend(error.messages)
    if errors:
        raise ValidationError(errors)


def unused_in(wording: Wording) -> list[str]:
    """Return the wording's own variables that it doesn't use."""
    used = {*variables_in(wording.text), *variables_in(wording.system)}
    return [name for name in wording.variables if name not in used]


def _check(template: PromptTemplate, wording: Wording) -> None:
    errors: dict[str, Any] = {}
    version = PromptVersion(template=template, number=1, system=wording.system, text=wording.text)
    checks: tuple[Callable[[], None], ...] = (
        lambda: template.full_clean(exclude=["created_by"]),
        lambda: version.full_clean(
            exclude=["template", "number", "created_by", "variables"], validate_unique=False, validate_constraints=False
        ),
        lambda: wording_check(wording),
    )
    for check in checks:
        try:
            check()
        except ValidationError as error:
            errors = {**errors, **error.message_dict}
    if template.kind not in PROMPT_KINDS:
        errors["kind"] = [_("Choose what the template is for.")]
    if errors:
        raise ValidationError(errors)


def _add(template: PromptTemplate, wording: Wording, number: int, actor: AbstractBaseUser | None) -> PromptVersion:
    return PromptVersion.objects.create(
        template=template, number=number, system=wording.system, text=wording.text,
        variables=dict(wording.variables), created_by_id=_pk(actor),
    )  # fmt: skip


def _require(actor: AbstractBaseUser, template: PromptTemplate) -> None:
    if not may_change_prompt(actor, template):
        raise NotAllowedError("change_prompt")


def _pk(actor: AbstractBaseUser | None) -> int | None:
    return None if actor is None else actor.pk
