"""``cache_query``: the result of a function that reads, kept for all processes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Generic, ParamSpec, TypeVar

from omniwriter.cache.errors import CacheError
from omniwriter.cache.keys import value_key
from omniwriter.cache.loading import Loaded, Place, load, refresh
from omniwriter.cache.local import local_value

P = ParamSpec("P")
T = TypeVar("T")
Names = Callable[..., tuple[str, ...]]

STALE_SHARE = 0.5  # of the time to live: how much longer a value is kept to be given out while it is made anew
MAX_STALE_S = 60.0


class CachedQuery(Generic[P, T]):
    """A function with its results kept; call it as the function itself."""

    def __init__(
        self, function: Callable[P, T], *, name: str, namespaces: Names, ttl_s: float, version: int, local_s: float
    ) -> None:
        wraps(function)(self)
        self.uncached = function
        self.name, self.version, self.ttl_s, self.local_s = name, version, ttl_s, local_s
        self._namespaces = namespaces
        self._defaults = _defaults_of(function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result, kept or made now."""
        place = self.place(**kwargs)
        compute = partial(self.uncached, *args, **kwargs)
        if self.local_s:
            return local_value(place.key, self.local_s, lambda: load(place, compute).value)  # type: ignore[no-any-return]
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
        key = value_key(self.name, self.version, arguments)
        return Place(key, self.name, self._namespaces(**arguments), self.ttl_s, stale_s_of(self.ttl_s))


def cache_query(
    *, name: str, namespaces: Names | tuple[str, ...], ttl_s: float, version: int = 1, local_s: float = 0
) -> Callable[[Callable[P, T]], CachedQuery[P, T]]:
    """Keep what a function of keyword-only arguments returns for ``ttl_s``, or until one of its namespaces changes.

    ``name`` begins its keys and is its group on the dashboard. ``namespaces`` are names, or a function of the same
    arguments that returns them. Raise ``version`` when the result means something else than before. ``local_s`` keeps
    the hottest values in this process as well, for a second or so. Results may be None, empty or zero; a type that
    would not come back as it was raises UncacheableError. Raises CacheError when the function has other arguments: of
    ``f(10)`` and ``f(limit=10)`` there should be one key.
    """
    if ttl_s <= 0:
        raise CacheError(f"{name}: ttl_s must be more than 0, not {ttl_s}.")
    chosen = namespaces if callable(namespaces) else _always(namespaces)

    def decorate(function: Callable[P, T]) -> CachedQuery[P, T]:
        return CachedQuery(function, name=name, namespaces=chosen, ttl_s=ttl_s, version=version, local_s=local_s)

    return decorate


def stale_s_of(ttl_s: float) -> float:
    """Return how long a value that has run out is still given out while it is made anew."""
    return min(MAX_STALE_S, STALE_SHARE * ttl_s)


def _always(names: tuple[str, ...]) -> Names:
    return lambda **_: names


def _defaults_of(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    others = [parameter.name for parameter in parameters if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    if others:
        raise CacheError(f"{function.__qualname__} must take keyword-only arguments to be cached; not so: {others}.")
    return {parameter.name: parameter.default for parameter in parameters if parameter.default is not parameter.empty}
