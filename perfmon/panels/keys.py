"""What the last part of a page's topic may be: nothing, an endpoint, a table's state, the number of a load test."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from perfmon.panels.query_table import QueryTable

_NUMBER = re.compile(r"[1-9]\d{0,17}")


class Keys(NamedTuple):
    """Which keys fit a page's topic, and the sentence for one that does not."""

    fits: Callable[[str], bool]
    wanted: str


def is_number(key: str) -> bool:
    """Tell whether a key is the number of a row or a page."""
    return bool(_NUMBER.fullmatch(key))


def is_pair(key: str) -> bool:
    """Tell whether a key names two load tests: ``34/12``."""
    first, _, second = key.partition("/")
    return is_number(first) and is_number(second)


_NONE = Keys(lambda key: not key, "Only an endpoint's topic has a third part: endpoint/5m/GET /articles/.")
_KEYS = {
    "endpoint": Keys(bool, _NONE.wanted),
    "queries": Keys(
        lambda key: QueryTable.read(key) is not None,
        f"A topic of queries ends in a database and an order: queries/5m/{QueryTable().key}.",
    ),
    "loadtests": Keys(
        lambda key: not key or is_number(key), "A topic of load tests may end in the number of a page: loadtests/5m/2."
    ),
    "loadtest": Keys(is_number, "A topic of a load test ends in its number: loadtest/5m/12."),
    "comparison": Keys(is_pair, "A topic of a comparison ends in the numbers of two load tests: comparison/5m/34/12."),
}


def keys_of(page: str) -> Keys:
    """Return what the page's topic may end in; most pages take nothing."""
    return _KEYS.get(page, _NONE)
