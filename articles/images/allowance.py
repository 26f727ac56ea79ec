"""How many bytes one account may upload in an hour: decoding costs the site more than sending costs the sender."""

from __future__ import annotations

import time
from typing import Final

from django.core.cache import cache

PERIOD_S: Final = 3600
MAX_BYTES: Final = 400 << 20


def wait_s(account_id: int, size_bytes: int) -> int:
    """Count an upload of this size; return 0, or after how many seconds the account may upload again.

    A cache that is away counts nothing and lets everybody pass.
    """
    now = int(time.time())
    key = f"images:uploaded:{account_id}:{now // PERIOD_S}"
    cache.add(key, 0, 2 * PERIOD_S)
    try:
        used = cache.incr(key, size_bytes)
    except ValueError:  # what Django's caches raise for a key that is gone
        return 0
    return PERIOD_S - now % PERIOD_S if isinstance(used, int) and used > MAX_BYTES else 0
