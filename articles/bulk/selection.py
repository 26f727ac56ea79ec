"""Which articles a bulk job is about: those that were ticked, or all that a filtered list shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from articles.models import Article
from articles.querysets import ArticleQuerySet
from articles.selectors.desk import articles_find

#: What a list may be filtered by; any of the values given for one will do.
FILTERS = frozenset({"status", "language", "category_id", "origin", "author_id"})
#: And these, of which one value is given.
CONDITIONS = frozenset({"category__isnull", "updated_at__gte", "updated_at__lt"})


@dataclass(frozen=True, slots=True)
class Selection:
    """Ticked ``ids``; or, when that is None, every article that ``filters`` and ``search`` keep, up to ``newest_id``.

    A selection of a whole list stays a few words however long the list is. ``newest_id`` leaves out what was written
    after the choice.
    """

    ids: tuple[int, ...] | None = None
    filters: dict[str, list[str]] = field(default_factory=dict)
    search: str = ""
    newest_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what a job's parameters keep."""
        if self.ids is not None:
            return {"ids": sorted(set(self.ids))}
        return {"filters": self.filters, "search": self.search, "newest_id": self.newest_id}

    @classmethod
    def from_json(cls, parameters: dict[str, Any]) -> Selection:
        """Return what ``to_json`` was made of; parameters that say neither select nothing."""
        if "filters" not in parameters:
            return cls(ids=tuple(parameters.get("ids", ())))
        return cls(
            filters=parameters["filters"], search=parameters.get("search", ""), newest_id=parameters.get("newest_id")
        )

    def count(self) -> int:
        """Return how many there are; of a whole list that takes a scan."""
        return self.articles().count() if self.ids is None else len(set(self.ids))

    def articles(self) -> ArticleQuerySet:
        """Return the articles, in no order."""
        if self.ids is not None:
            return Article.objects.filter(pk__in=self.ids)
        found = Article.objects.all()
        for name, values in self.filters.items():
            found = found.filter(**_lookup(name, values))
        if self.search:
            found = articles_find(found, self.search)
        return found if self.newest_id is None else found.filter(pk__lte=self.newest_id)

    def ids_after(self, position: int, batch: int) -> Iterator[int]:
        """Yield the ids above ``position`` in order, read a batch at a time and no cursor held between."""
        while ids := self._batch_after(position, batch):
            yield from ids
            position = ids[-1]

    def _batch_after(self, position: int, batch: int) -> list[int]:
        if self.ids is not None:  # also those that are gone, which the handler tells
            return sorted(pk for pk in set(self.ids) if pk > position)[:batch]
        above = self.articles().filter(pk__gt=position).order_by("pk")
        return list(above.values_list("pk", flat=True)[:batch])


def _lookup(name: str, values: list[str]) -> dict[str, Any]:
    if name in FILTERS:
        return {f"{name}__in": values}
    if name not in CONDITIONS:
        raise ValueError(f"Articles are not selected by {name!r}.")
    return {name: values[-1] == "True" if name.endswith("__isnull") else values[-1]}
