"""A file into articles: each is read, planned and, in the real run, stored before the next one is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from articles.exceptions import ArticleError, StaleVersionError
from articles.portability.archive import TABLES, TEXTS, Archive, Limits, check_size
from articles.portability.front_matter import read_markdown
from articles.portability.pictures import Pictures
from articles.portability.planning import Planned, Planner, Wishes
from articles.portability.source import Fault, FaultError, Source
from articles.portability.tables import read_table
from articles.services.importing import article_import

_KINDS = (*TEXTS, *TABLES, ".zip")


@dataclass(slots=True)
class Tally:
    """What a dry run found."""

    fates: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)  # without texts
    ignored: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many articles there are, with and without faults."""
        return sum(self.fates.values())

    @property
    def to_do(self) -> int:
        """How many a run would store."""
        return self.total - sum(self.fates[fate] for fate in ("skip", "unchanged", "fault"))


class Import:
    """One file that an account wants imported. Raises FaultError when the file as a whole can't be."""

    def __init__(self, path: Path, name: str, account: AbstractBaseUser, wishes: Wishes, limits: Limits) -> None:
        self._path, self._name = path, name
        self._account, self._limits, self._wishes = account, limits, wishes
        self._file: Any = None
        self._archive: Archive | None = None
        self._pictures = Pictures(None)
        check_name(name)
        check_size(path, name, limits)

    def __enter__(self) -> Import:
        if self._name.lower().endswith(".zip"):
            self._file = self._path.open("rb")
            try:
                self._archive = Archive(self._file, self._name, self._limits)
            except BaseException:
                self._file.close()
                raise
            self._pictures = Pictures(self._archive)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def dry_run(self) -> Tally:
        """Return what a run would do; writes nothing."""
        tally = Tally(ignored=self._archive.ignored() if self._archive else [])
        for planned in self.planned():
            tally.fates[planned.fate or "fault"] += 1
            tally.faults += planned.faults
            tally.planned.append(replace(planned, arrival=None, source=None))
        return tally

    def planned(self, *, after: int = 0) -> Iterator[Planned]:
        """Yield what would become of each article, in the file's order; the first ``after`` are passed over."""
        planner = Planner(self._account, self._wishes, self._pictures)
        for number, source in enumerate(self._sources()):
            if number < after:
                if isinstance(source, Source):
                    planner.pass_over(source)
            elif isinstance(source, FaultError):
                place = source.faults[0]
                yield Planned(place.file, place.line or 1, faults=source.faults)
            else:
                yield planner.plan(source)

    def store(self, planned: Planned) -> tuple[Fault, ...]:
        """Store one planned article, all or nothing; returns what kept it from being stored."""
        if planned.arrival is None or planned.source is None or planned.faults:
            return planned.faults
        try:
            with transaction.atomic():
                content = self._pictures.stored(planned.arrival.content, planned.source, self._account)
                article_import(arrival=replace(planned.arrival, content=content), actor=self._account)
        except FaultError as error:
            return error.faults
        except ValidationError as error:
            found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            return tuple(planned.source.fault(" ".join(texts), name) for name, texts in found.items())
        except StaleVersionError:
            return (planned.source.fault(_("Somebody saved the article at this very moment. Import it again.")),)
        except ArticleError as error:
            return (planned.source.fault(str(error)),)
        return ()

    def _sources(self) -> Iterator[Source | FaultError]:
        for number, (name, data) in enumerate(self._texts()):
            if number >= self._limits.articles:
                yield FaultError(
                    Fault(
                        self._name,
                        _("More than %(most)d articles. Import them in parts.") % {"most": self._limits.articles},
                    )
                )
                return
            if isinstance(data, FaultError):
                yield data
                continue
            try:
                if name.lower().endswith(TABLES):
                    yield from read_table(data, name, self._limits.articles)
                else:
                    yield read_markdown(data, name)
            except FaultError as error:
                yield error

    def _texts(self) -> Iterator[tuple[str, bytes | FaultError]]:
        if self._archive is None:
            yield self._name, self._path.read_bytes()
            return
        for name in self._archive.names((*TEXTS, *TABLES)):
            try:
                yield name, self._archive.read(name)
            except FaultError as error:
                yield name, error


def check_name(name: str) -> None:
    """Raise FaultError when the file is of a kind that is not read."""
    if not name.lower().endswith(_KINDS):
        raise FaultError(Fault(name, _("Files of this kind are not read. Choose a ZIP archive, a .md or a .csv file.")))
