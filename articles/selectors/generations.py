"""What the list of generation jobs shows beside them, for a whole page at once."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.db.models import Sum

from articles.enums import GenerationStatus
from articles.models import GenerationJob, ProviderCall
from articles.models.generation import OPEN_STATUSES

MOST_LOOKED_AHEAD = 500


def costs_of(jobs: Collection[GenerationJob]) -> dict[int, Decimal]:
    """Return what each job has cost so far, US$, by its id; those without a call are left out."""
    calls = ProviderCall.objects.filter(job__in=[job.pk for job in jobs]).order_by()
    costs = calls.values_list("job_id").annotate(cost=Sum("cost"))
    return {job_id: cost or Decimal(0) for job_id, cost in costs}


def places_of(jobs: Collection[GenerationJob]) -> dict[int, int]:
    """Return the place in the queue, from 1, of each job that waits and is among the first; by its id."""
    if not any(job.status == GenerationStatus.QUEUED for job in jobs):
        return {}
    waiting = GenerationJob.objects.filter(status__in=OPEN_STATUSES).order_by("priority", "pk")
    places = {job_id: place for place, job_id in enumerate(waiting.values_list("pk", flat=True)[:MOST_LOOKED_AHEAD], 1)}
    return {job.pk: places[job.pk] for job in jobs if job.status == GenerationStatus.QUEUED and job.pk in places}
