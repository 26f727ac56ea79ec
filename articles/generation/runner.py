"""One runner's time with one job: claim it, have it written, end it; or give it back, or let it fail with a reason."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone, translation

from articles.enums import CallOutcome, GenerationStatus
from articles.generation import ledger
from articles.generation.errors import BudgetError, Cancelled, GenerationError, HandedOver, LeaseLost
from articles.generation.jobs import announce_end, announce_status, job_enqueue
from articles.generation.leases import Lease, claim, crowded
from articles.generation.pen import RunnerPen
from articles.generation.writers import Result, Writer, writer_for
from articles.providers.base import NoEndpoint, ProviderError

logger = logging.getLogger(__name__)

MOST_FAILURES = 5  # in a row, without a section in between
FIRST_BACK_OFF_S = 2.0
MOST_BACK_OFF_S = 60.0
MOST_UNWELL = 20  # looks at endpoints of which none is well: about a quarter of an hour
CROWDED_S = 1.0


def job_run(job_id: int) -> None:
    """Work on a job unless another runner does, or it is not its time."""
    lease = claim(job_id)
    if lease is None:
        return
    with translation.override(lease.job.ui_language or settings.LANGUAGE_CODE):
        _Run(lease).work()


class _Run:
    """One runner with one job."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._job = lease.job

    def work(self) -> None:
        """Write until the end, a stop, a failure or a wait."""
        ledger.settle_lost(self._job.pk, but=self._lease.id)
        if crowded(self._job):
            self._wait("account", CROWDED_S)
            return
        writer, pen = writer_for(self._job.kind), RunnerPen(self._lease)
        try:
            self._succeed(writer, writer.write(pen), pen)
        except GenerationError as reason:
            self._stop(reason, pen)
        except NoEndpoint as error:
            self._wait_for_endpoint(error, pen)
        except ProviderError as error:
            self._try_again(error, pen)
        except ValidationError as error:
            self._fail({"code": "not_storable", "fields": _messages(error)}, pen)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the job is taken up again when its lease has run out
        except Exception:
            logger.exception("Generation job %d stopped.", self._job.pk)
            self._fail({"code": "unexpected"}, pen)

    def _stop(self, reason: GenerationError, pen: RunnerPen) -> None:
        if isinstance(reason, Cancelled):
            self._end(GenerationStatus.CANCELLED, pen)
        elif isinstance(reason, HandedOver):
            self._give_back()
        elif isinstance(reason, BudgetError):
            error = {"code": f"budget_{reason.code}", "limit": str(reason.limit), "used": str(reason.used)}
            self._fail(error, pen)
        # LeaseLost: nothing here is this runner's to end

    def _succeed(self, writer: Writer, result: Result, pen: RunnerPen) -> None:
        """End the job and make what comes of it, both or neither."""
        with transaction.atomic():
            self._lease.lock()
            article = writer.finish(self._job, result)
            made: dict[str, Any] = {"article": article} if article is not None else {}
            self._close(
                GenerationStatus.SUCCEEDED, text=result.text or pen.text, result=result.values, state=self._kept(pen),
                error={}, **made,
            )  # fmt: skip
            if article is not None:
                self._job.calls.update(article=article)
        announce_end(self._job, pen.stream)

    def _partial(self, pen: RunnerPen) -> dict[str, Any]:
        """Return the words so far, beside the checkpoint from which a retry goes on."""
        return {"text": pen.text, "state": {**self._job.state, "partial": [dict(part) for part in pen.sections]}}

    def _kept(self, pen: RunnerPen) -> dict[str, Any]:
        kept = {name: value for name, value in self._job.state.items() if name != "partial"}
        return {**kept, "sections": [dict(part) for part in pen.sections]}

    def _end(self, status: GenerationStatus, pen: RunnerPen, **changes: Any) -> None:
        try:
            self._close(status, **self._partial(pen), **changes)
        except LeaseLost:
            return
        announce_end(self._job, pen.stream)

    def _close(self, status: GenerationStatus, **changes: Any) -> None:
        job = self._job
        self._lease.write(
            status=status, finished_at=timezone.now(), lease=None, lease_until=None, stage="", waits_for="",
            not_before=None, endpoint=job.endpoint, model=job.model, **changes,
        )  # fmt: skip

    def _fail(self, error: dict[str, Any], pen: RunnerPen) -> None:
        self._end(GenerationStatus.FAILED, pen, error=error)

    def _give_back(self) -> None:
        """Let another worker go on at once."""
        try:
            self._lease.let_go()
        except LeaseLost:
            return
        job_enqueue(self._job.pk, self._job.priority)

    def _wait_for_endpoint(self, error: NoEndpoint, pen: RunnerPen) -> None:
        """Queue for a place as long as it takes, wait for one to be well for a quarter of an hour, fail otherwise."""
        failures = self._job.failures
        if error.retry_after_s is None or (error.reason == "unwell" and failures >= MOST_UNWELL):
            self._fail({"code": f"no_endpoint_{error.reason}", "language": self._job.language}, pen)
        elif error.reason == "unwell":
            pause_s = min(MOST_BACK_OFF_S, max(error.retry_after_s, back_off_s(failures)))
            self._wait("unwell", pause_s, failures=failures + 1)
        else:
            self._wait(error.reason, error.retry_after_s)

    def _try_again(self, error: ProviderError, pen: RunnerPen) -> None:
        job = self._job
        failed = {"code": str(error.outcome), "endpoint": job.endpoint, "message": error.message}
        if not error.again:
            self._fail(failed, pen)
        elif job.failures + 1 >= MOST_FAILURES:
            self._fail({**failed, "tries": job.failures + 1}, pen)
        else:
            pause_s = error.retry_after_s if error.retry_after_s is not None else back_off_s(job.failures)
            self._wait("busy" if error.outcome == CallOutcome.BUSY else "retry", pause_s, failures=job.failures + 1)

    def _wait(self, reason: str, pause_s: float, **changes: Any) -> None:
        """Give the job back for a while; it is worked on again to the second."""
        not_before = timezone.now() + timedelta(seconds=pause_s)
        try:
            self._lease.let_go(not_before=not_before, waits_for=reason, **changes)
        except LeaseLost:
            return
        announce_status(self._job.pk)
        job_enqueue(self._job.pk, self._job.priority, after_s=pause_s)


def back_off_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row: doubling, with jitter so that jobs don't come together.

    Full jitter over the upper half: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    whole_s = min(MOST_BACK_OFF_S, FIRST_BACK_OFF_S * 2.0**failures)
    return whole_s * random.uniform(0.5, 1.0)  # noqa: S311


def _messages(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
