"""Functions whose results are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def counted() -> Callable[[Any], Any]:
    """Return what makes a function of a value that counts its calls in ``calls``."""

    def make(value: Any) -> Any:
        def function(*, of: object = None) -> Any:
            function.calls += 1  # type: ignore[attr-defined]
            return value() if callable(value) else value

        function.calls = 0  # type: ignore[attr-defined]
        return function

    return make
