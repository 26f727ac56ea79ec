"""The one id that leads from a request to its task, its provider calls and its viewers (W3C Trace Context)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string


def trace_id() -> str:
    """Return the id of what is being served now, or a new one: 32 hexadecimal digits."""
    source = getattr(settings, "TRACE_SOURCE", "")
    return (_source(source)() if source else "") or uuid.uuid4().hex


@lru_cache(maxsize=4)
def _source(path: str) -> Callable[[], str]:
    found: Callable[[], str] = import_string(path)
    return found
