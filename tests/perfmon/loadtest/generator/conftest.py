"""What the generator's tests share."""

from __future__ import annotations

from tests.fixtures.counting_site import counting_site
from tests.fixtures.generator import generate, spare_generators

__all__ = ("counting_site", "generate", "spare_generators")
