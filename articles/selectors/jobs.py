"""What is read of bulk jobs: one's own, and for superusers everybody's."""

from __future__ import annotations

from dataclasses import dataclass

from articles.access import Account
from articles.models import BulkJob


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, newest first, and the id to ask for older ones before; None at the end."""

    jobs: list[BulkJob]
    older: int | None


def job_list(*, account: Account, limit: int, before: int | None = None) -> JobPage:
    """Return a page of the account's own jobs, without what failed in them."""
    jobs = BulkJob.objects.filter(owner_id=account.pk).defer("failures", "parameters").order_by("-id")
    if before is not None:
        jobs = jobs.filter(pk__lt=before)
    found = list(jobs[: limit + 1])
    return JobPage(jobs=found[:limit], older=found[limit - 1].pk if len(found) > limit else None)


def job_get(*, account: Account, job_id: int) -> BulkJob:
    """Return a job that the account may see; raises BulkJob.DoesNotExist."""
    jobs = BulkJob.objects.select_related("owner")
    if not getattr(account, "is_superuser", False):
        jobs = jobs.filter(owner_id=account.pk)
    return jobs.get(pk=job_id)
