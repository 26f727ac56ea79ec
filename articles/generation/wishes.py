"""What somebody wants written, as one checked value: forms, the API and rows of a batch all make it here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.enums import Language
from articles.generation import choices
from articles.generation.quoting import CONTROLS

_LIST_PARTS = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True)
class ArticleWish:
    """An article that is to be written. ``words`` is about how long; without ``outline`` the model proposes one."""

    title: str = ""
    brief: str = ""
    tone: str = choices.DEFAULT_TONE
    words: int = choices.DEFAULT_WORDS
    language: str = Language.ENGLISH.value
    audience: str = ""
    keywords: tuple[str, ...] = ()
    outline: tuple[str, ...] = ()
    category_id: int | None = None

    @property
    def subject(self) -> str:
        """What it is about: its title, or the brief's first line."""
        return self.title or self.brief.strip().partition("\n")[0]

    def parameters(self) -> dict[str, Any]:
        """Return what a job keeps of it; the language is a column of the job."""
        kept = asdict(self)
        del kept["language"]
        return {**kept, "keywords": list(self.keywords), "outline": list(self.outline)}


def article_wish(raw: Mapping[str, Any]) -> ArticleWish:
    """Return the wish that ``raw`` states; lists may be given as text, parted by commas or (the outline) by lines.

    Raises ValidationError naming every field that is wrong, with what to do.
    """
    errors: dict[str, ValidationError] = {}
    values: dict[str, Any] = {}
    for name, read in _READERS.items():
        try:
            values[name] = read(raw.get(name))
        except ValidationError as error:
            errors[name] = error
    if not errors and not (values["title"] or values["brief"]):
        errors["brief"] = ValidationError(
            _("Say what the article is about: give it a title or a brief."), code="required"
        )
    if errors:
        raise ValidationError({name: error.messages for name, error in errors.items()})
    return ArticleWish(**values)


def wish_of(parameters: Mapping[str, Any], language: str) -> ArticleWish:
    """Return the wish that a job keeps."""
    known = {name: parameters[name] for name in _READERS if parameters.get(name) is not None}
    for name in ("keywords", "outline"):
        known[name] = tuple(known.get(name, ()))
    return ArticleWish(**{**known, "language": language})


def checked_text(value: Any, *, most: int, one_line: bool = False) -> str:
    """Return a text without white space around it; raises ValidationError when it is too long or no text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValidationError(_("This has to be text."), code="type")
    if CONTROLS.search(value):
        raise ValidationError(
            _("This holds control characters, as a file that is no text does. Paste it as plain text."), code="control"
        )
    text = " ".join(value.split()) if one_line else value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > most:
        raise ValidationError(
            _("This has %(length)d characters, and %(most)d is the most. Shorten it.")
            % {"length": len(text), "most": most},
            code="long",
        )
    return text


def _line(most: int) -> Callable[[Any], str]:
    return lambda value: checked_text(value, most=most, one_line=True)


def _brief(value: Any) -> str:
    return checked_text(value, most=choices.MAX_BRIEF_CHARS)


def _choice(known: Iterable[str], default: str) -> Callable[[Any], str]:
    names = list(known)

    def read(value: Any) -> str:
        if value in (None, ""):
            return default
        found = str(value).strip().lower()
        if found not in names:
            raise ValidationError(
                _("“%(value)s” is not among the choices: %(names)s.")
                % {"value": str(value)[:40], "names": ", ".join(names)},
                code="choice",
            )
        return found

    return read


def _words(value: Any) -> int:
    if value in (None, ""):
        return choices.DEFAULT_WORDS
    text = str(value).strip()
    least, most = choices.MIN_WORDS, choices.MAX_WORDS
    if not (text.isascii() and text.isdigit() and len(text) < 7 and least <= int(text) <= most):
        raise ValidationError(
            _("Give a number of words between %(least)d and %(most)d.") % {"least": least, "most": most}, code="range"
        )
    return int(text)


def _category(value: Any) -> int | None:
    if value in (None, ""):
        return None
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValidationError(_("Choose a category from the list."), code="choice")
    return int(text)


def _list(parts: re.Pattern[str], *, most: int, most_chars: int) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        if isinstance(value, str):
            value = parts.split(checked_text(value, most=most * (most_chars + 2)))
        if not isinstance(value, list | tuple):
            raise ValidationError(_("This has to be a list."), code="type")
        if len(value) > 10 * most:  # before each is looked at
            raise _too_many(len(value), most)
        texts = [text for item in value if (text := _line(most_chars)(item))]
        named: dict[str, str] = {}
        for text in texts:
            named.setdefault(text.casefold(), text)
        if len(named) > most:
            raise _too_many(len(named), most)
        return tuple(named.values())

    return read


def _too_many(count: int, most: int) -> ValidationError:
    return ValidationError(
        _("These are %(count)d, and %(most)d is the most. Leave some out.") % {"count": count, "most": most},
        code="many",
    )


_READERS: dict[str, Callable[[Any], Any]] = {
    "title": _line(choices.MAX_TITLE),
    "brief": _brief,
    "tone": _choice(choices.TONES, choices.DEFAULT_TONE),
    "words": _words,
    "language": _choice(Language.values, Language.ENGLISH.value),
    "audience": _line(choices.MAX_AUDIENCE_CHARS),
    "keywords": _list(_LIST_PARTS, most=choices.MAX_KEYWORDS, most_chars=choices.MAX_KEYWORD_CHARS),
    "outline": _list(re.compile(r"\n"), most=choices.MAX_SECTIONS, most_chars=choices.MAX_SECTION_CHARS),
    "category_id": _category,
}
