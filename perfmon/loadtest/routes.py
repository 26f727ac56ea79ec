"""The addresses of a project that take no argument, read from its URLconf: what may be asked without knowing it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

_UNSAFE = """
    admin logout signout log-out sign-out delete remove destroy purge clear reset flush cancel stop abort kill shutdown
    unsubscribe deactivate activate confirm approve reject publish send run start execute trigger download export
    webhook callback debug
"""
#: A path with one of these words may do something, or is nothing a visitor asks for.
UNSAFE = frozenset(_UNSAFE.split())
OWN = "perfmon"
_ARGUMENT = re.compile(r"[<(\[*+?|{]")
_WORD = re.compile(r"[a-z_]+(?:-[a-z]+)*")


class Route(NamedTuple):
    """A route and the path it is asked at."""

    route: str  # as Django's resolver_match has it
    path: str


def plain_routes() -> list[Route]:
    """Return the project's routes without arguments in their order, each path once; none of admin and perfmon."""
    found: dict[str, Route] = {}
    for route in _walk(get_resolver().url_patterns, ""):
        found.setdefault(route.path, route)
    return list(found.values())


def is_safe(path: str) -> bool:
    """Whether none of the path's words says that asking for it does something."""
    return UNSAFE.isdisjoint(word for part in _WORD.findall(path.lower()) for word in (part, *part.split("-")))


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.namespace not in {"admin", OWN} and pattern.app_name not in {"admin", OWN}:
                yield from _walk(pattern.url_patterns, route)
        elif (path := _path(route)) is not None and is_safe(path):
            yield Route(route, path)


def _path(route: str) -> str | None:
    """Return the path of a route without arguments, None for one with them; regular expressions lose their ends."""
    plain = re.sub(r"\\(?=[./-])|\\[AZz]|[\^$]", "", route)
    return None if _ARGUMENT.search(plain) or "\\" in plain else f"/{plain.lstrip('/')}"
