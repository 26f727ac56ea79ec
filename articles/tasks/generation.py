"""Generation in the background. The run task is consumed by the writer's worker, the others by any."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from articles.generation import leases
from articles.generation.takeup import jobs_take_up

LEAVING_S = 1.0


@shared_task(bind=True, ignore_result=True)
def generation_run(self: Any, job_id: int) -> None:
    """Work on a generation job."""
    from articles.generation.runner import job_run  # and the providers' client: 1.3 s that only the writer needs

    if leases.stopping.is_set():  # what it hands over comes back to it until it has left the queue
        queue = self.request.delivery_info["routing_key"]
        self.apply_async((job_id,), queue=queue, countdown=LEAVING_S)
        return
    job_run(job_id)


@shared_task(ignore_result=True, expires=10)
def generations_take_up() -> None:
    """Have jobs worked on whose worker died or whose task was lost, and settle what such workers left open."""
    jobs_take_up()


@shared_task(ignore_result=True, expires=30)
def endpoints_probe() -> None:
    """Ask endpoints that are unwell, or that nobody asked lately, how they are; in the writer, which has the client."""
    from articles.providers.probing import endpoints_probe as probe

    probe()


@worker_shutting_down.connect(dispatch_uid="articles.generation.stopping")
def hand_over(**_: Any) -> None:
    """Have this process's runners give their jobs back: they see it within half a second."""
    leases.stopping.set()
