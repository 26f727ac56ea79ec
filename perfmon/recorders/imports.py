"""Hooks into modules of others at the moment they are imported, so that nothing is imported on their account.

One finder stands first in ``sys.meta_path`` while somebody waits. It lets the other finders do their work and gives the
module to who waits for it when its own code has run.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from perfmon import guard

Hook = Callable[[Any], None]


class Waiting(MetaPathFinder):
    """The finder: who waits for which module, by the module's name."""

    def __init__(self) -> None:
        self.hooks: dict[str, list[Hook]] = {}
        self._finding: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return another finder's spec with a loader that tells; None for modules nobody waits for."""
        if fullname not in self.hooks or fullname in self._finding:
            return None
        self._finding.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._finding.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = Telling(spec.loader, self)
        return spec


class Telling(Loader):
    """Loads a module as its own loader does, and then tells those who waited for it."""

    def __init__(self, loader: Loader, waiting: Waiting) -> None:
        self._loader, self._waiting = loader, waiting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)  # what tools ask of a loader: its source, its resources

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Make the module as its own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module and give it its own loader back before anybody is told."""
        self._loader.exec_module(module)
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        for hook in self._waiting.hooks.pop(module.__name__, []):
            with guard.guarded(f"hook {module.__name__}"):
                hook(module)
        _stand()


_waiting = Waiting()


def when_imported(name: str, hook: Hook) -> None:
    """Call ``hook`` with the module of that name: now when it is there, else once it has been imported."""
    module = sys.modules.get(name)
    if module is not None:
        hook(module)
        return
    _waiting.hooks.setdefault(name, []).append(hook)
    _stand()


def forget(name: str, hook: Hook) -> None:
    """Wait no longer; a hook that was called stays called."""
    hooks = _waiting.hooks.get(name, [])
    if hook in hooks:
        hooks.remove(hook)
    if not hooks:
        _waiting.hooks.pop(name, None)
    _stand()


def _stand() -> None:
    """Stand among the finders only as long as somebody waits."""
    if _waiting.hooks and _waiting not in sys.meta_path:
        sys.meta_path.insert(0, _waiting)
    elif not _waiting.hooks and _waiting in sys.meta_path:
        sys.meta_path.remove(_waiting)
