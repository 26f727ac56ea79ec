"""The reader of the environment's settings, which ``omniwriter/variables.py`` declares.

A variable that starts with ``OMNI_`` and is not declared stops the start, as does a value of the wrong form; the
message names the variable and the fix. A secret may come from a file: ``SECRET_KEY_FILE=/run/secrets/key``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from omniwriter.variables import VARIABLES, Variable

PREFIX = "OMNI_"
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def _text(value: str) -> str:
    return value


def _bool(value: str) -> bool:
    if value.lower() in TRUE | FALSE:
        return value.lower() in TRUE
    raise ValueError("must be true or false")


def _int(value: str) -> int:
    if value.isdecimal():
        return int(value)
    raise ValueError("must be a whole number, 0 or more")


def _count(value: str) -> int:
    if value.isdecimal() and int(value):
        return int(value)
    raise ValueError("must be a whole number, 1 or more")


def _list(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _url(value: str) -> str:
    if value and "://" not in value:
        raise ValueError("must be a URL such as scheme://host:port/name")
    if value and not value.startswith("sqlite"):
        _check_parts(value)
    return value


def _check_parts(url: str) -> None:
    try:
        _ = urlsplit(url).port
    except ValueError:  # its words show the host or the port, which is part of a password that holds a slash
        raise ValueError("must be a URL, with / ? # [ ] and @ in a password as %2F %3F %23 %5B %5D %40") from None


def _urls(value: str) -> list[str]:
    return [_url(item) for item in _list(value)]


def _number(text: str) -> float:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        raise ValueError("must look like name=number,name=number") from None


def _numbers(value: str) -> dict[str, float]:
    pairs = (item.partition("=") for item in _list(value))
    return {name.strip(): _number(number.strip()) for name, _, number in pairs}


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "text": _text,
    "bool": _bool,
    "int": _int,
    "count": _count,
    "list": _list,
    "url": _url,
    "urls": _urls,
    "path": Path,
    "numbers": _numbers,
}


def read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return every variable's value by name; raises ImproperlyConfigured with the variable and the fix."""
    _refuse_unknown(environ)
    return {variable.name: _parsed(variable, _given(variable, environ)) for variable in VARIABLES}


def _names() -> Iterable[str]:
    for variable in VARIABLES:
        yield variable.name
        if variable.secret:
            yield f"{variable.name}_FILE"


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = set(_names())
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"Did you mean {near[0]}?" if near else "docs/settings.md lists them all."
            raise ImproperlyConfigured(f"The environment variable {name} is not a setting of this project. {hint}")


def _given(variable: Variable, environ: Mapping[str, str]) -> str:
    name, file_name = variable.name, f"{variable.name}_FILE"
    if not variable.secret or file_name not in environ:
        return environ.get(name, "").strip() or variable.default
    if environ.get(name):
        raise ImproperlyConfigured(f"Both {name} and {file_name} are set. Unset one of them.")
    try:
        return Path(environ[file_name]).read_text().strip()
    except OSError as error:
        reason = error.strerror or error
        raise ImproperlyConfigured(
            f"{file_name} names a file that can't be read: {environ[file_name]!r} ({reason})."
        ) from None


def _parsed(variable: Variable, value: str) -> Any:
    shown = "the value given" if variable.secret else repr(value)
    try:
        parsed = PARSERS[variable.kind](value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable.name} {error}, not {shown}. {variable.help}") from None
    is_url = variable.kind in ("url", "urls")
    chosen = [urlsplit(url).scheme for url in _list(value)] if is_url else [value]
    if value and variable.choices and not set(chosen) <= set(variable.choices):
        what = "start with " if is_url else "be "
        allowed = ", ".join(f"{name}://" if is_url else name for name in variable.choices)
        raise ImproperlyConfigured(f"{variable.name} must {what}one of {allowed}; got {shown}. {variable.help}")
    return parsed
