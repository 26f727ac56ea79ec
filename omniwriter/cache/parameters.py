"""What of a query string an answer may depend on, in one form however it was written, for all layers that keep any."""

from __future__ import annotations

from functools import lru_cache

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

MAX_QUERY_BYTES = 500  # a longer question is asked once
#: What others append to addresses to see where a reader came from; no page depends on them.
TRACKING = ("utm_", "fbclid", "gclid", "msclkid", "mc_cid", "mc_eid")

Parameters = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)
def kept_parameters(query: bytes) -> Parameters | None:
    """Return a query string's parameters as a view reads them, by name; None for one whose answer is not to be kept.

    One name's values stay in their order. Parameters that only say where a reader came from are left out.
    """
    if len(query) > MAX_QUERY_BYTES:
        return None
    try:
        read = QueryDict(query)
    except TooManyFieldsSent:
        return None
    return tuple(
        (name, value) for name in sorted(read) if not name.startswith(TRACKING) for value in read.getlist(name)
    )
