"""The language models that the variable ``LLM_ENDPOINTS`` names.

Each is a URL ``https://KEY@host/v1?model=NAME`` with further parameters; ``PARAMETERS`` lists them. A message about a
wrong one names its place and its host, and never the key: where a key that was not escaped may have ended up as
something else, not even the host.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.text import slugify

MAX_NAME = 60
ESCAPES = "write / as %2F, ? as %3F, # as %23, @ as %40 and a comma as %2C in it"
TRUE, FALSE = ("1", "true", "yes"), ("0", "false", "no")


def _text(value: str) -> str:
    return value


def _slug(value: str) -> str:
    if value != slugify(value) or len(value) > MAX_NAME:
        raise ValueError(f"must be small letters, digits, - and _, {MAX_NAME} of them at most")
    return value


def _count(value: str) -> int:
    if not value.isdecimal() or not int(value):
        raise ValueError("must be a whole number, 1 or more")
    return int(value)


def _seconds(value: str) -> float:
    return float(_count(value))


def _price(value: str) -> Decimal:
    try:
        price = Decimal(value)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or price < 0:
        raise ValueError("must be US$ a million tokens, such as 0.15")
    return price


def _flag(value: str) -> bool:
    if value.lower() not in (*TRUE, *FALSE):
        raise ValueError("must be 1 or 0")
    return value.lower() in TRUE


def _codes(value: str) -> tuple[str, ...]:
    return tuple(code.lower() for code in re.split(r"[\s+,]+", value) if code)


def _object(value: str) -> dict[str, Any]:
    try:
        fields = json.loads(value)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise ValueError("must be a JSON object, with its commas as %2C")
    return fields


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an endpoint's URL: the field of ``articles.providers.base.Endpoint`` it fills, and its form."""

    field: str
    parse: Callable[[str], Any]


PARAMETERS = {
    "model": Parameter("model", _text),
    "name": Parameter("name", _slug),
    "languages": Parameter("languages", _codes),
    "weight": Parameter("weight", _count),
    "max_in_flight": Parameter("max_in_flight", _count),
    "context": Parameter("context_tokens", _count),
    "first_token_s": Parameter("first_token_s", _seconds),
    "total_s": Parameter("total_s", _seconds),
    "price_in": Parameter("price_in", _price),
    "price_out": Parameter("price_out", _price),
    "schema": Parameter("takes_schema", _flag),
    "new_token_limit": Parameter("new_token_limit", _flag),
    "extra": Parameter("extra", _object),
    "bundled": Parameter("bundled", _flag),
}


def endpoints_of(urls: Iterable[str], *, languages: Sequence[str]) -> list[dict[str, Any]]:
    """Return each URL's endpoint as keyword arguments; raises ImproperlyConfigured with the place and the fix."""
    found: dict[str, dict[str, Any]] = {}
    for number, url in enumerate(urls, 1):
        parts = urlsplit(url)
        try:
            endpoint = _endpoint(parts, languages)
            if endpoint["name"] in found:
                raise ValueError(f"is a second one called {endpoint['name']!r}; add &name=ANOTHER")
        except ValueError as error:
            raise ImproperlyConfigured(f"LLM_ENDPOINTS: {_place(number, url, parts)} {error}.") from None
        found[endpoint["name"]] = endpoint
    return list(found.values())


def _endpoint(parts: SplitResult, languages: Sequence[str]) -> dict[str, Any]:
    fields = {"base_url": _base_url(parts), "key": _key(parts), "trusted": True, **_fields(parts.query)}
    if not fields.get("model"):
        raise ValueError("names no model; add ?model=NAME")
    if not set(fields.get("languages", languages)) <= set(languages) or fields.get("languages") == ():
        raise ValueError(f"must have languages of {', '.join(languages)}, such as languages={'+'.join(languages)}")
    return {"name": slugify(re.sub(r"[/.:]", "-", fields["model"]))[:MAX_NAME] or "model", **fields}


def _fields(query: str) -> dict[str, Any]:
    fields = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in PARAMETERS:
            raise ValueError(f"has a parameter that there is not; there are {', '.join(PARAMETERS)}")
        try:
            fields[PARAMETERS[name].field] = PARAMETERS[name].parse(value)
        except ValueError as error:
            raise ValueError(f"has a wrong {name}: it {error}") from None
    return fields


def _key(parts: SplitResult) -> str:
    if parts.username and parts.password:
        raise ValueError(f"has a colon before its @, where the key alone stands; {ESCAPES}, and : as %3A")
    return unquote(parts.username or parts.password or "")


def _base_url(parts: SplitResult) -> str:
    if parts.fragment or "@" in parts.path or not parts.hostname:
        raise ValueError(f"is no https://KEY@host/v1?model=NAME; when the key is why, {ESCAPES}")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


def _place(number: int, url: str, parts: SplitResult) -> str:
    key_may_show = "@" in url and "@" not in parts.netloc
    return f"endpoint {number}" if key_may_show or not parts.hostname else f"endpoint {number} ({parts.hostname})"
