"""One stored file of an image, as the row's ``variants`` column lists it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

SOCIAL_PREFIX = "social-"


@dataclass(frozen=True, slots=True)
class Variant:
    """A file by its name, with what a page must know of it before it is loaded."""

    name: str
    width: int
    height: int
    format: str
    bytes: int

    @property
    def is_social(self) -> bool:
        """Whether it is the crop that other sites show beside a link."""
        return self.name.startswith(SOCIAL_PREFIX)

    def to_json(self) -> dict[str, Any]:
        """Return what the column keeps."""
        return asdict(self)


def variants_of(stored: Iterable[Mapping[str, Any]]) -> list[Variant]:
    """Return the variants that a column keeps, narrowest first."""
    found = [Variant(**{name: item[name] for name in Variant.__slots__}) for item in stored]
    return sorted(found, key=lambda variant: variant.width)
