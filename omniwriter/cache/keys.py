"""Keys that can be read and never meet: what is cached in words, its arguments as a digest of their exact values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.core.cache import caches
from django.core.signals import setting_changed

from omniwriter.cache.codec import encode

ALIAS = "default"
FORMAT = "c1"  # of keys and entries; another one never reads what this one wrote
DIGEST_BYTES = 16


def value_key(name: str, version: int, arguments: Mapping[str, Any]) -> str:
    """Return the key of a value: ``articles.popular:v1:<digest>``, below the site's prefix.

    The digest is of the arguments' names and typed values in the names' order, so 1, "1" and True differ, and so do
    ("a:b", "c") and ("a", "b:c"). Raises UncacheableError for an argument that has no exact form.
    """
    exact = encode([[key, arguments[key]] for key in sorted(arguments)])
    return f"{_prefix()}{name}:v{version}:{hashlib.blake2b(exact, digest_size=DIGEST_BYTES).hexdigest()}"


def token_key(name: str) -> str:
    """Return the key of the generation of a namespace."""
    return f"{_prefix()}generation:{name}"


def lock_key(key: str) -> str:
    """Return the key of the lock on a value's computation."""
    return f"{key}:lock"


def channel() -> str:
    """Return the channel on which processes tell each other what has changed."""
    return f"{_prefix()}changed"


@lru_cache(maxsize=1)
def _prefix() -> str:
    """Return what tells this site's keys from those of another on the same server."""
    return f"{caches[ALIAS].key_prefix}:{FORMAT}:"


def _forget_prefix(*, setting: str, **_: Any) -> None:
    if setting == "CACHES":
        _prefix.cache_clear()


setting_changed.connect(_forget_prefix, dispatch_uid="omniwriter.cache.keys")
