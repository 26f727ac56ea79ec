"""The kinds of actions: which module performs each. Imported only when a plan asks for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from perfmon.loadtest.generator.protocol import PlanError
from perfmon.loadtest.plans import Action

if TYPE_CHECKING:
    from perfmon.loadtest.generator.acts import Act
    from perfmon.loadtest.generator.users import Visitor

Perform = Callable[["Visitor", "Act", int], None]

_HERE = "perfmon.loadtest.generator"
#: Each module has ``perform``, and may have ``check``; see the package.
KINDS: dict[str, str] = {"http": f"{_HERE}.exchanges", "websocket": f"{_HERE}.websockets"}


def perform_of(action: Action) -> Perform:
    """Return what performs an action; raises PlanError when its kind's module can't be loaded or can't do it."""
    try:
        module = import_module(KINDS[action.kind])
    except ImportError as error:
        raise PlanError(f"Actions of kind {action.kind} can't be performed here: {error}.", "actions") from error
    getattr(module, "check", _nothing_to_check)(action)
    return module.perform  # type: ignore[no-any-return]


def _nothing_to_check(action: Action) -> None:
    pass
