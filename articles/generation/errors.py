"""What ends a runner's time with a job, and what keeps one from being started.

ArticleError
 └─ GenerationError
     ├─ BudgetError
     ├─ LeaseLost
     ├─ Cancelled
     └─ HandedOver
"""

from __future__ import annotations

from decimal import Decimal

from articles.exceptions import ArticleError


class GenerationError(ArticleError):
    """Root of generation's own errors."""


class BudgetError(GenerationError):
    """A budget is used up; nothing was started, or nothing more. ``limit`` is US$, or jobs for ``code`` ``jobs``.

    ``code`` is ``site`` or ``account`` for this month's money, ``jobs`` for this day's number of jobs.
    """

    def __init__(self, code: str, limit: Decimal | int, used: Decimal | int) -> None:
        super().__init__(f"The budget ({code}) of {limit} is used up: {used}.")
        self.code = code
        self.limit = limit
        self.used = used


class LeaseLost(GenerationError):
    """Another runner has the job, or it is over; what was not stored is not done."""


class Cancelled(GenerationError):
    """Somebody asked for the job to be stopped."""


class HandedOver(GenerationError):
    """This worker is stopping; another goes on with the job."""
