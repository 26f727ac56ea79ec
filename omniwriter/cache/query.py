"""``cache_query``: the result of a function that reads, kept for all processes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Generic, ParamSpec, TypeVar

from omniwriter.cache.errors import CacheError
from omniwriter.cache.keys import value_key
from omniwriter.cache.loading import Loaded, Place, load, passes_by, refresh
from omniwriter.cache.local import local_value
from omniwriter.cache.ttl import Ttl, stale_s_of, ttl_seconds

P = ParamSpec("P")
T = TypeVar("T")
Names = Callable[..., tuple[str, ...]]


class CachedQuery(Generic[P, T]):
    """A function with its results kept; call it as the function itself."""

    def __init__(
        self, function: Callable[P, T], *, name: str, namespaces: Names, ttl: Ttl | float, version: int, local_s: float
    ) -> None:
        wraps(function)(self)
        self.uncached = function
        self.name, self.version, self.ttl, self.local_s = name, version, ttl, local_s
        self._namespaces = namespaces
        self._defaults = _defaults_of(function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result, kept or made now."""
        compute = partial(self.uncached, *args, **kwargs)
        if passes_by():
            return compute()
        place = self.place(**kwargs)
        if self.local_s:
            return local_value(place, self.local_s, lambda: load(place, compute).value)  # type: ignore[no-any-return]
        return load(place, compute).value  # type: ignore[no-any-return]

    def loaded(self, **kwargs: Any) -> Loaded:
        """Return the result and where it came from."""
        return load(self.place(**kwargs), partial(self.uncached, **kwargs))

    def warm(self, **kwargs: Any) -> T:
        """Make the result anew and keep it."""
        return refresh(self.place(**kwargs), partial(self.uncached, **kwargs)).value  # type: ignore[no-any-return]

    def place(self, **kwargs: Any) -> Place:
        """Return where the result of these arguments is kept."""
        arguments = {**self._defaults, **kwargs}
        key, ttl_s = value_key(self.name, self.version, arguments), ttl_seconds(self.ttl)
        return Place(key, self.name, self._namespaces(**arguments), ttl_s, stale_s_of(ttl_s))


def cache_query(
    *,
    name: str,
    namespaces: Names | tuple[str, ...],
    ttl: Ttl | float = Ttl.QUERY,
    version: int = 1,
    local_s: float = 0,
) -> Callable[[Callable[P, T]], CachedQuery[P, T]]:
    """Keep what a function of keyword-only arguments returns for ``ttl``, or until one of its namespaces changes.

    ``name`` begins its keys and is its group on the dashboard. ``namespaces`` are names, or a function of the same
    arguments that returns them. Raise ``version`` when the result means something else than before. ``local_s`` keeps
    the hottest values in this process as well, for a second or so. Results may be None, empty or zero; a type that
    would not come back as it was raises UncacheableError. Raises CacheError when the function has other arguments: of
    ``f(10)`` and ``f(limit=10)`` there should be one key.
    """
    if not isinstance(ttl, Ttl) and ttl <= 0:
        raise CacheError(f"{name}: ttl must be more than 0 seconds, not {ttl}.")
    chosen = namespaces if callable(namespaces) else _always(namespaces)

    def decorate(function: Callable[P, T]) -> CachedQuery[P, T]:
        return CachedQuery(function, name=name, namespaces=chosen, ttl=ttl, version=version, local_s=local_s)

    return decorate


def _always(names: tuple[str, ...]) -> Names:
    return lambda **_: names


def _defaults_of(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    others = [parameter.name for parameter in parameters if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    if others:
        raise CacheError(f"{function.__qualname__} must take keyword-only arguments to be cached; not so: {others}.")
    return {parameter.name: parameter.default for parameter in parameters if parameter.default is not parameter.empty}
