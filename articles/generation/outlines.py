"""An article's sections before they are written: the schema they are asked with, what passes, what stands in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from articles.enums import Language
from articles.generation.choices import MAX_SECTIONS
from articles.generation.wishes import ArticleWish

LEAST_TITLES = 3
#: A capital letter first, then no commas and no full stops: with these a small model lists sentences.
_PATTERN = "^[A-ZÀ-Ú][A-Za-zÀ-ÿ0-9' -]{6,55}[?]?$"
_LEAST_WORDS, _MOST_WORDS, _MOST_WORD_CHARS = 2, 9, 18
_ALIKE = 0.7  # of the words of both titles
_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
#: A title that ends with one of these was cut off by the limit of its length.
_OPEN_END_WORDS = """
    the a an to of and or with for in on at by from as is are your you this that it its be not when who which how what
    than into their if but o os um uma de da do das dos e ou com para por em no na nos nas que se ao à
"""
_OPEN_ENDS = frozenset(_OPEN_END_WORDS.split())
_SMALL_WORDS = _OPEN_ENDS | frozenset(("why", "can", "do", "does", "é", "são", "como"))

EXAMPLE_TITLE = "Keeping hens at home"
EXAMPLE = (
    "Why people keep hens", "Building a safe hen house", "Food and water for hens", "Keeping hens healthy in winter",
    "Enjoying fresh eggs",
)  # fmt: skip
EXAMPLE_PLAN = json.dumps({"titles": EXAMPLE})
#: Of the example; a small model copies them into the plan of anything.
_EXAMPLE_WORDS = frozenset(("hen", "hens", "egg", "eggs", "chicken", "chickens"))

#: Titles that fit most subjects, in the order in which they are taken: first for what is done, then for what is.
STAND_INS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Language.ENGLISH.value: (
        ("Why it matters", "Where to begin", "What works in practice", "Common mistakes", "Useful habits",
         "What it costs", "What comes next"),
        ("Why it matters", "How it began", "How it works", "What people say about it", "What to keep in mind",
         "A closer look", "What comes next"),
    ),
    Language.PORTUGUESE.value: (
        ("Por que isso importa", "Por onde começar", "O que funciona na prática", "Erros comuns", "Bons hábitos",
         "Quanto custa", "Próximos passos"),
        ("Por que isso importa", "Como começou", "Como funciona", "O que se diz a respeito", "O que levar em conta",
         "Um olhar mais atento", "O que vem pela frente"),
    ),
}  # fmt: skip
_DOING = re.compile(r"(?i)\b(?:how to|tips|ways to|guide|\w{3,}ing (?:your|a|an|the|\w+)|como|dicas|guia)\b")
_STEM_CHARS = 3


def outline_schema(count: int) -> dict[str, Any]:
    """Return the JSON schema of a list of that many titles."""
    items = {"type": "string", "pattern": _PATTERN}
    titles = {"type": "array", "items": items, "minItems": count, "maxItems": count}
    return {
        "type": "object", "properties": {"titles": titles}, "required": ["titles"], "additionalProperties": False,
    }  # fmt: skip


def titles_in(answer: str, wish: ArticleWish, *, near: bool = False) -> list[str]:
    """Return the titles of an answer that can stand as they are, each about something else.

    ``near`` takes only those that share a word with the subject: a small model strays from it otherwise.
    """
    about = _stems(f"{wish.title} {wish.brief} {' '.join(wish.keywords)}")
    kept: list[str] = []
    for title in _listed(answer):
        if near and not about & _stems(title):
            continue
        if _is_good(title, wish) and not any(_is_alike(title, other) for other in [*kept, wish.subject]):
            kept.append(title)
    return kept[:MAX_SECTIONS]


def titles_begun(answer: str, wish: ArticleWish, *, near: bool = False) -> list[str]:
    """Return the titles of an answer that is still being written: those that are whole."""
    end = max(answer.rfind('",'), answer.rfind('"]'))
    return titles_in(f"{answer[: end + 1]}]}}", wish, near=near) if end > 0 else []


def merged(first: Sequence[str], second: Iterable[str]) -> list[str]:
    """Return the first titles, and those of the second that are like none before them."""
    kept = list(first)
    for title in second:
        if not any(_is_alike(title, other) for other in kept):
            kept.append(title)
    return kept


def filled_up(titles: Sequence[str], count: int, wish: ArticleWish) -> list[str]:
    """Return ``count`` titles: the given ones, and stand-ins for those that are missing."""
    doing, being = STAND_INS.get(wish.language, STAND_INS[Language.ENGLISH.value])
    stand_ins = doing if _DOING.search(wish.subject) else being
    return merged(titles[:count], stand_ins)[: max(count, LEAST_TITLES)]


def is_stand_in(title: str) -> bool:
    """Whether a title is one of ``STAND_INS``."""
    return any(title in kind for kinds in STAND_INS.values() for kind in kinds)


def _listed(answer: str) -> list[str]:
    """Return the texts that an answer lists, in whatever JSON; without any, its lines."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        read = json.loads(answer[start : end + 1])
        found = next((value for value in read.values() if isinstance(value, list)), [])
    except (ValueError, AttributeError, RecursionError):
        found = re.findall(r"^\s*(?:[-*]|\d+[.)])\s+(.+)$", answer, re.MULTILINE)
    return [" ".join(title.split()).strip(" .:;,\"'“”*#") for title in found if isinstance(title, str)]


def _is_good(title: str, wish: ArticleWish) -> bool:
    words = [word.casefold() for word in _WORDS.findall(title)]
    if not _LEAST_WORDS <= len(words) <= _MOST_WORDS or max(map(len, words)) > _MOST_WORD_CHARS:
        return False
    if words[-1] in _OPEN_ENDS or not _meaning(title) or title.endswith("-") or "#" in title or "section" in words:
        return False
    about = f"{wish.title} {wish.brief}".casefold()
    return not any(word in _EXAMPLE_WORDS and word not in about for word in words)


def _is_alike(one: str, other: str) -> bool:
    first, second = _meaning(one), _meaning(other)
    return first == second or len(first & second) > _ALIKE * len(first | second)


def _meaning(title: str) -> frozenset[str]:
    words = (word.casefold() for word in _WORDS.findall(title))
    return frozenset(word.rstrip("s") for word in words if word not in _SMALL_WORDS)


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM_CHARS] for word in _meaning(text) if len(word) >= _STEM_CHARS)
