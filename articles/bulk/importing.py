"""The bulk job that stores the articles of an uploaded file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from articles.bulk.handlers import BulkError, Failure, Outcome
from articles.models import BulkJob
from articles.portability.archive import STUDIO
from articles.portability.importing import Import as ImportedFile
from articles.portability.planning import Existing, Wishes
from articles.portability.source import Fault, FaultError
from articles.portability.uploads import upload_name, upload_path


def import_parameters(token: str, wishes: Wishes, total: int) -> dict[str, Any]:
    """Return what an import job keeps: which upload, how, and how many articles the dry run found."""
    return {"upload": token, "existing": wishes.existing.value, "publish": wishes.publish, "total": total}


class Import:
    """Stores one article after another, each whole or not at all; what can't be stored is told by file and line."""

    resumable = True

    def total(self, job: BulkJob) -> int:
        """Return what the dry run counted."""
        return int(job.parameters.get("total", 0))

    def steps(self, job: BulkJob) -> Iterator[Outcome]:
        """Go on after the articles that are done; ``position`` counts them."""
        parameters = job.parameters
        path = upload_path(owner_id=job.owner_id, token=parameters.get("upload", ""))
        if path is None:
            raise BulkError(_("The uploaded file is not there any more. Upload it again."))
        wishes = Wishes(Existing(parameters["existing"]), publish=bool(parameters["publish"]))
        try:
            with ImportedFile(path, upload_name(path), job.owner, wishes, STUDIO) as imported:
                for number, planned in enumerate(imported.planned(after=job.position), start=job.position + 1):
                    yield Outcome(position=number, failures=tuple(map(_failure, imported.store(planned))))
        except FaultError as error:
            raise BulkError(str(error)) from None


def _failure(fault: Fault) -> Failure:
    failure = Failure(file=fault.file, message=fault.message)
    if fault.line:
        failure["line"] = fault.line
    if fault.field:
        failure["field"] = fault.field
    return failure
