"""Bulk jobs that write articles into a file for their owner."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from articles.bulk.files import private_folder
from articles.bulk.handlers import Outcome
from articles.bulk.selection import Selection
from articles.models import BulkJob
from articles.portability.exporting import Choice, Export
from articles.portability.uploads import export_name
from articles.portability.zipping import zip_write
from articles.selectors.portable import articles_whole


def export_parameters(selection: Selection, choice: Choice) -> dict[str, Any]:
    """Return what an export job keeps of what was asked for."""
    return {**selection.to_json(), "choice": asdict(choice)}


class _ExportHandler:
    """Writes the file under a name of its own, and gives it to the job when it is whole."""

    resumable = False
    suffix = ""

    def total(self, job: BulkJob) -> int:
        """Count the articles that the owner may read."""
        return _export(job).articles.count()

    def steps(self, job: BulkJob) -> Iterator[Outcome]:
        """Write one article after another; what was begun and not finished is removed."""
        folder = private_folder(job.owner_id)
        path = folder / export_name(self.suffix)
        begun = path.with_name(f".{path.name}")
        try:
            yield from self._write(_export(job), begun)
            begun.rename(path)
            job.file = path.name
        finally:
            begun.unlink(missing_ok=True)

    def _write(self, export: Export, path: Path) -> Iterator[Outcome]:
        raise NotImplementedError


class ExportZip(_ExportHandler):
    """Writes Markdown files with front matter, and their images, into a ZIP archive."""

    suffix = ".zip"

    def _write(self, export: Export, path: Path) -> Iterator[Outcome]:
        with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as archive:
            path.chmod(0o600)
            for article in articles_whole(articles=export.articles):
                for entry in export.entries(article):
                    zip_write(archive, entry)
                yield Outcome(position=article.pk)


class ExportCsv(_ExportHandler):
    """Writes a table."""

    suffix = ".csv"

    def _write(self, export: Export, path: Path) -> Iterator[Outcome]:
        lines = export.csv()
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(next(lines))
            for line in lines:
                file.write(line)
                yield Outcome()


def _export(job: BulkJob) -> Export:
    parameters = job.parameters
    return Export(Selection.from_json(parameters).articles(), job.owner, Choice(**parameters.get("choice", {})))
