"""The environment's settings: one table that declares each variable, and the reader that checks them.

A variable that starts with ``OMNI_`` and is not in the table stops the start, as does a value of the wrong form; the
message names the variable and the fix. A secret may come from a file: ``SECRET_KEY_FILE=/run/secrets/key``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

PREFIX = "OMNI_"
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
POSTGRES_SCHEMES = ("postgres", "postgresql", "psql", "pgsql")
DATABASE_SCHEMES = ("sqlite", *POSTGRES_SCHEMES)
SEARCH_ENGINES = ("elasticsearch7", "elasticsearch8", "elasticsearch9", "opensearch2", "opensearch3")
SEARCH_SCHEMES = tuple(f"{engine}+{scheme}" for engine in SEARCH_ENGINES for scheme in ("http", "https"))
VALKEY_SCHEMES = ("redis", "rediss", "unix", "valkey", "valkeys")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its name, the form of its value, its default as one would write it, and what it is for."""

    name: str
    kind: str
    default: str
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()


VARIABLES = (
    Variable(
        "SECRET_KEY",
        "text",
        "",
        "Signs sessions and tokens. Empty: made once and kept in var/secret.key.",
        secret=True,
    ),
    Variable("DEBUG", "bool", "false", "Show tracebacks in the browser. Never on a machine others can reach."),
    Variable("ALLOWED_HOSTS", "list", "localhost,127.0.0.1,[::1]", "Host names the site answers to."),
    Variable(
        "DATABASE_URL",
        "url",
        "",
        "PostgreSQL or SQLite. Empty: SQLite in var/omniwriter.sqlite3.",
        secret=True,
        choices=DATABASE_SCHEMES,
    ),
    Variable(
        "DATABASE_REPLICA_URLS",
        "urls",
        "",
        "Streaming replicas of DATABASE_URL that serve reads. Empty: it serves all.",
        secret=True,
        choices=POSTGRES_SCHEMES,
    ),
    Variable(
        "REDIS_URL",
        "url",
        "",
        "Valkey or Redis. Empty: the bundled one under manage.py up, none otherwise.",
        secret=True,
        choices=VALKEY_SCHEMES,
    ),
    Variable(
        "OMNI_CACHE_URL",
        "url",
        "",
        "Valkey or Redis for the cache alone. Empty: the bundled one under manage.py up, else a database of REDIS_URL.",
        secret=True,
        choices=VALKEY_SCHEMES,
    ),
    Variable("OMNI_CACHE_MB", "int", "256", "Memory of the bundled cache in MiB; what is used least leaves first."),
    Variable(
        "OMNI_SEARCH_URL",
        "url",
        "",
        "Elasticsearch or OpenSearch. Empty: the database itself searches.",
        secret=True,
        choices=SEARCH_SCHEMES,
    ),
    Variable("OMNI_VAR_DIR", "path", "var", "Folder for what is written at run time: database, logs, static files."),
    Variable("OMNI_RELEASE", "text", "", "Version or commit shown on the dashboard. Empty: what git says."),
    Variable(
        "OMNI_ADMIN_PASSWORD",
        "text",
        "",
        "Password of the account admin when manage.py up creates it. Empty: a random one, shown once.",
        secret=True,
    ),
    Variable("OMNI_TRUSTED_ORIGINS", "list", "", "Origins besides the site's own whose forms are taken."),
    Variable(
        "OMNI_BEHIND_TLS",
        "bool",
        "false",
        "A proxy in front speaks HTTPS: trust its X-Forwarded-Proto, redirect, send HSTS and secure cookies.",
    ),
    Variable(
        "OMNI_STATIC_COLLECTED",
        "bool",
        "false",
        "Serve the hashed, compressed files that collectstatic wrote; manage.py up sets it.",
    ),
    Variable(
        "OMNI_HTTP_THREADS",
        "int",
        "16",
        "Requests one web process serves at once; each may hold a database connection.",
    ),
    Variable("OMNI_HTTP_QUEUE", "int", "256", "Requests that may wait for a thread; the next one is answered 503."),
    Variable(
        "OMNI_HTTP_LIMIT_MB", "int", "128", "Largest request body that is read, in MiB; a larger one is answered 413."
    ),
    Variable("OMNI_CACHE", "bool", "true", "Keep results and answers; false shows what the site does without."),
    Variable(
        "OMNI_EDGE_MB",
        "int",
        "32",
        "Answers one web process keeps in memory for a second, in MiB; 0 keeps none.",
    ),
    Variable("OMNI_DB_POOL_SIZE", "int", "20", "PostgreSQL connections one process should do with."),
    Variable("OMNI_DB_POOL_OVERFLOW", "int", "30", "PostgreSQL connections one process may open beyond those."),
    Variable(
        "OMNI_PROCESSES",
        "int",
        "1",
        "Processes on all machines that use the database; manage.py check --database default counts with it.",
    ),
    Variable(
        "OMNI_REPLICA_MAX_LAG_MS",
        "int",
        "1000",
        "A replica further behind the primary than this serves no reads until it has caught up.",
    ),
    Variable(
        "OMNI_LANGUAGE",
        "text",
        "en",
        "Language of pages for visitors who ask for none that we have.",
        choices=("en", "pt-br"),
    ),
    Variable(
        "OMNI_LOG_LEVEL",
        "text",
        "INFO",
        "Least important messages that are logged.",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Variable("OMNI_HOST_NAME", "text", "", "Name of this host on the dashboard. Empty: the machine's own."),
    Variable("OMNI_PERFMON", "bool", "true", "Record and show performance."),
    Variable("OMNI_SERVER_TIMING", "bool", "false", "Tell each answer's own duration in a Server-Timing header."),
    Variable(
        "OMNI_TRUSTED_PROXIES",
        "int",
        "0",
        "Proxies in front that append to X-Forwarded-For, besides one on this machine; 0 trusts none.",
    ),
    Variable(
        "OMNI_API_RATES",
        "numbers",
        "",
        "API calls a minute that differ, e.g. anonymous=1200,token=3000,write=300,login=20; 0 is no limit.",
    ),
    Variable("OMNI_PERF_BUDGETS", "numbers", "", "Budgets that differ, e.g. p95_ms=800,alert_cpu_pct=90."),
)


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


def _list(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _url(value: str) -> str:
    if value and "://" not in value:
        raise ValueError("must be a URL such as scheme://host:port/name")
    if value and not urlsplit(value).scheme.startswith("sqlite"):
        _ = urlsplit(value).port  # a ValueError of its own for a port that is none
    return value


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
