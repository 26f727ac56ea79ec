"""What a panel is, what it is asked, and which panels this project shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from django.utils.module_loading import import_string

from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change
from perfmon.store.ranges import Range

PAGES = (
    *("overview", "endpoint", "data", "queries", "tasks", "outgoing", "hosts", "alerts"),
    *("loadtests", "loadtest", "comparison"),
)


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What a page shows: ``now`` in Unix s, ``language`` empty for the site's own.

    ``key`` is what the page is about, see ``perfmon.panels.keys``: an endpoint's series key, a load test's number.
    """

    page: str
    range: Range
    key: str = ""
    now: float = 0.0
    language: str = ""


class Panel:
    """One section of a page. A project adds its own by naming the class in ``PERFMON["EXTRA_PANELS"]``.

    The data of a ``steady`` panel moves with the range's steps; that of others may change from one second to the next.
    """

    name: ClassVar[str] = ""
    pages: ClassVar[tuple[str, ...]] = ()
    template: ClassVar[str] = ""
    steady: ClassVar[bool] = True

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return what the section shows, as JSON-able values; raises StoreUnavailable."""
        raise NotImplementedError

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Return what only the rendered page needs besides ``data``; ``params`` are the address's."""
        return {}


@lru_cache(maxsize=1)
def get_panels() -> tuple[Panel, ...]:
    """Return one instance of each panel in the settings' order; raises ImportError naming the path."""
    return tuple(import_string(path)() for path in get_config().all_panels)


def panels_of(page: str) -> list[Panel]:
    """Return a page's panels from top to bottom."""
    return [panel for panel in get_panels() if page in panel.pages]


on_config_change(get_panels.cache_clear)
