"""What an article needs beside its text: a title, an excerpt, a description for search engines, tags."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from articles.generation.choices import LANGUAGE_NAMES, SUGGESTED
from articles.generation.cleaning import cleaned, ended
from articles.generation.prompts import Manner
from articles.generation.quoting import clipped, quoted_block, quoted_line
from articles.generation.wishes import ArticleWish
from articles.generation.writers import Pen
from articles.limits import MAX_EXCERPT_CHARS, MAX_TAG_CHARS
from articles.providers.base import ChatRequest, Message
from articles.rendering import excerpt_of

MAX_TITLE_CHARS = 90  # of a suggestion; an article's own may be longer
MAX_DESCRIPTION_CHARS = 160  # what search engines show
MAX_TITLES, MAX_TAGS = 3, 6
_BODY_CHARS, _SMALL_BODY_CHARS = 3_000, 900
_WORDS = re.compile(r"[^\W\d_]{5,}")
_TAG = re.compile(r"[\w][\w &+#.'-]*")
_NO_TAGS = frozenset(
    ("about", "after", "their", "there", "these", "those", "which", "where", "while", "would", "could", "should",
     "other", "first", "being", "using", "because", "before", "sobre", "entre", "quando", "porque", "também", "outros",
     "article", "artigo", "important", "including", "various", "people", "things")
)  # fmt: skip
_SCHEMAS: dict[str, dict[str, Any]] = {
    "title": {"type": "array", "items": {"type": "string"}, "minItems": MAX_TITLES, "maxItems": MAX_TITLES},
    "excerpt": {"type": "string"},
    "description": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": MAX_TAGS},
}
_ASKED = {
    "title": f'"title": {MAX_TITLES} different titles for it, each at most ten words',
    "excerpt": '"excerpt": one or two sentences that make a reader want to go on',
    "description": '"description": one sentence of at most 150 characters for search engines',
    "tags": '"tags": three to six tags of one or two words',
}


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is suggested; what was not asked for is empty."""

    titles: tuple[str, ...] = ()
    excerpt: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what a job's result keeps, by field; ``title`` is a list of alternatives."""
        return {
            "title": list(self.titles), "excerpt": self.excerpt, "description": self.description,
            "tags": list(self.tags),
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Suggestions:
        """Return what ``to_json`` was given."""
        return cls(
            tuple(kept.get("title", ())), kept.get("excerpt", ""), kept.get("description", ""),
            tuple(kept.get("tags", ())),
        )  # fmt: skip


def suggest(
    pen: Pen, manner: Manner, *, body: str, title: str = "", wish: ArticleWish | None = None,
    fields: Iterable[str] = SUGGESTED,
) -> Suggestions:  # fmt: skip
    """Ask for those fields of a text; what the answer lacks comes from the text itself, with a note."""
    wanted = [name for name in SUGGESTED if name in set(fields)]
    # The first sentences of a small model's text, and the words it uses most, are better than what it says of them.
    asked = [name for name in wanted if not manner.is_small or name == "title"]
    found: dict[str, Any] = {}
    if asked:
        request = suggestion_request(asked, manner, body=body, title=title, language=pen.job.language, seed=pen.job.pk)
        found = read_suggestions(pen.ask(request, purpose="suggestions"), asked)
    missing = [name for name in asked if not found[name]]
    if missing:
        pen.note("suggestions_fallback", fields=missing)
    stand_in = {**fallbacks(body, title=title, wish=wish), **{name: value for name, value in found.items() if value}}
    return Suggestions.from_json({name: stand_in[name] for name in wanted})


def suggestion_request(
    fields: list[str], manner: Manner, *, body: str, title: str, language: str, seed: int
) -> ChatRequest:  # fmt: skip
    """Ask for those fields as JSON; of a long text the beginning is shown."""
    schema = {
        "type": "object", "properties": {name: _SCHEMAS[name] for name in fields}, "required": fields,
        "additionalProperties": False,
    }  # fmt: skip
    # A small model would take the block's tag for a part of the text.
    shown = quoted_line(body, _SMALL_BODY_CHARS) if manner.is_small else f"\n{quoted_block(body, _BODY_CHARS)}"
    lines = [
        f"The title of an article is {quoted_line(title)}." if title else "",
        f"The text of an article: {shown}",
        f"Answer with JSON in {LANGUAGE_NAMES.get(language, language)}: {'; '.join(_ASKED[name] for name in fields)}.",
    ]
    return ChatRequest(
        messages=(manner.opening(language), Message("user", "\n".join(line for line in lines if line))),
        max_tokens=60 + 60 * len(fields), temperature=0.3, seed=seed, json_schema=schema, repeat_penalty=1.05,
        language=language,
    )  # fmt: skip


def read_suggestions(answer: str, fields: Iterable[str]) -> dict[str, Any]:
    """Return what of an answer keeps to the limits, by field; empty where nothing does."""
    try:
        read = json.loads(answer[answer.find("{") : answer.rfind("}") + 1])
    except (ValueError, RecursionError):
        read = {}
    given = read if isinstance(read, dict) else {}
    readers = {"title": _titles, "excerpt": _excerpt, "description": _description, "tags": _tags}
    return {name: readers[name](given.get(name)) for name in fields}


def fallbacks(body: str, *, title: str = "", wish: ArticleWish | None = None) -> dict[str, Any]:
    """Return what the text itself gives for every field."""
    # What the excerpt cuts between words is cut here after its last whole sentence.
    first = excerpt_of(body)
    first = ended(first).rstrip(":") if first.endswith(("…", ":")) else first
    subject = title or (wish.subject if wish else "") or ended(first)
    return {
        "title": (clipped(" ".join(subject.split()), MAX_TITLE_CHARS).strip(" ."),),
        "excerpt": _sentences(first, MAX_EXCERPT_CHARS),
        "description": _sentences(first, MAX_DESCRIPTION_CHARS),
        "tags": tuple(wish.keywords[:MAX_TAGS]) if wish and wish.keywords else _frequent(f"{subject} {body}"),
    }


def _titles(given: Any) -> tuple[str, ...]:
    lines = [_line(item).strip(" .\"'“”*#") for item in given] if isinstance(given, list) else [_line(given)]
    fitting = [line for line in lines if 4 <= len(line) <= MAX_TITLE_CHARS]
    return tuple({line.casefold(): line for line in fitting}.values())[:MAX_TITLES]


def _excerpt(given: Any) -> str:
    return _sentences(cleaned(_line(given), ""), MAX_EXCERPT_CHARS)


def _description(given: Any) -> str:
    return _sentences(cleaned(_line(given), ""), MAX_DESCRIPTION_CHARS)


def _tags(given: Any) -> tuple[str, ...]:
    names = [_line(item).strip(" .#\"'") for item in given] if isinstance(given, list) else []
    fitting = [name for name in names if len(name) <= MAX_TAG_CHARS and len(name.split()) <= 3 and _TAG.fullmatch(name)]
    return tuple({name.casefold(): name for name in fitting if len(name) > 1}.values())[:MAX_TAGS]


def _line(given: Any) -> str:
    return " ".join(given.split()) if isinstance(given, str) else ""


def _sentences(text: str, most: int) -> str:
    """Return as many whole sentences as fit; when not one does, the text cut between words."""
    if len(text) <= most:
        return text
    whole = ended(text[:most])
    return whole if len(whole) < most and whole[-1:] in ".!?" else clipped(text, most)


def _frequent(text: str) -> tuple[str, ...]:
    """Return the long words that come most often, as tags for want of better ones."""
    counts = Counter(word.casefold() for word in _WORDS.findall(text))
    return tuple(word for word, times in counts.most_common(40) if word not in _NO_TAGS and times > 1)[:3]
