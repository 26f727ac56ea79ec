"""What a batch would cost, and take: by the prices of the models connected now, and by what the last articles took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from articles.enums import GenerationKind, GenerationStatus, Priority
from articles.generation import ledger
from articles.generation.leases import places
from articles.generation.planning import Planned
from articles.models import GenerationJob
from articles.providers.router import endpoints_for

_SAMPLE = 30
_TOKENS_A_WORD = 1.4


@dataclass(frozen=True, slots=True)
class Estimate:
    """About what it comes to. Costs are US$ with the cheapest and with the dearest model that writes each language.

    ``time_s`` is None before anything was written here. ``unwritten`` has how many articles no connected model writes,
    by language.
    """

    tokens_out: int
    least: Decimal
    most: Decimal
    time_s: float | None
    unwritten: dict[str, int]

    @property
    def is_free(self) -> bool:
        """Whether nothing has a price."""
        return not self.most


def estimate(planned: Sequence[Planned]) -> Estimate:
    """Return about what writing these articles takes."""
    wanted = Counter((one.language, one.words) for one in planned)
    least = most = Decimal(0)
    unwritten: Counter[str] = Counter()
    for (language, words), number in wanted.items():
        costs = [ledger.estimate(words=words, endpoint=endpoint) for endpoint in endpoints_for(language)]
        if costs:
            least, most = least + number * min(costs), most + number * max(costs)
        else:
            unwritten[language] += number
    words_in_all = sum(one.words for one in planned)
    return Estimate(round(words_in_all * _TOKENS_A_WORD), least, most, _time_s(words_in_all), dict(unwritten))


def _time_s(words: int) -> float | None:
    """Return about how long, with as many at work as an account may have."""
    done = GenerationJob.objects.filter(
        kind=GenerationKind.ARTICLE, status=GenerationStatus.SUCCEEDED, started_at__isnull=False
    ).order_by("-finished_at")
    took_s = wished = 0.0
    for started, finished, parameters in done.values_list("started_at", "finished_at", "parameters")[:_SAMPLE]:
        if started and finished and parameters.get("words"):
            took_s += (finished - started).total_seconds()
            wished += float(parameters["words"])
    return took_s / wished * words / places(Priority.BATCH) if wished else None
