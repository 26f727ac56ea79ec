"""Counting who reads what: a view waits beside the database, and once a minute all of them are written together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock

from django.db import IntegrityError, transaction
from django.db.models import Case, F, FloatField, IntegerField, Value, When
from django.db.models.functions import Abs, Exp, Greatest, Least, Ln
from django.utils import timezone
from redis.exceptions import RedisError

from articles.models import Article, ViewBatch
from articles.popularity.counting import MemoryCounter, View, get_counter
from articles.popularity.scores import LN_2, NEGLIGIBLE_DOUBLINGS, weight_log2

logger = logging.getLogger(__name__)
FLUSH_EVERY_S = 60.0
BATCH = 500
_KEPT_FOR = timedelta(days=7)
_LOG_EVERY_S = 60.0


class Lost:
    """Views that could not be counted because Valkey was away; logged at most once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._logged_at = -_LOG_EVERY_S
        self.count = 0

    def add(self, error: Exception) -> None:
        """Count one."""
        with self._lock:
            self.count += 1
            if self._clock() - self._logged_at < _LOG_EVERY_S:
                return
            self._logged_at = self._clock()
        logger.warning("Valkey is away; %d views are lost since the start: %s", self.count, error)


lost = Lost()
_flushed_at = time.monotonic()
_flush_turn = Lock()


def view_record(view: View) -> bool:
    """Count a view unless its reader was counted already; whether it was. A Valkey that is away costs only the view."""
    counter = get_counter()
    try:
        counted = counter.add(view)
    except RedisError as error:
        lost.add(error)
        return False
    if isinstance(counter, MemoryCounter):
        _flush_when_due()
    return counted


def views_flush(*, now: datetime | None = None) -> int:
    """Write the views that wait; return how many. Raises RedisError when Valkey is away; then they wait on.

    A worker that dies at any point loses none and counts none twice: what it took is handed out again under the same
    name, and each part that was written has left that name in its own transaction.
    """
    at = now or timezone.now()
    with get_counter().taken() as batch:
        pairs = sorted(batch.views.items())
        for start in range(0, len(pairs), BATCH):
            _write_once(f"{batch.name}-{start}", dict(pairs[start : start + BATCH]), at)
    ViewBatch.objects.filter(at__lt=at - _KEPT_FOR).delete()
    return sum(batch.views.values())


def _flush_when_due() -> None:
    """Without a worker, whoever reads next after a minute writes."""
    global _flushed_at
    if time.monotonic() - _flushed_at < FLUSH_EVERY_S or not _flush_turn.acquire(blocking=False):
        return
    try:
        _flushed_at = time.monotonic()
        views_flush()
    except Exception:  # whoever reads must not see it
        logger.exception("Views could not be written; they wait for the next time")
    finally:
        _flush_turn.release()


def _write_once(name: str, views: Mapping[int, int], at: datetime) -> None:
    try:
        with transaction.atomic():
            ViewBatch.objects.create(name=name)
            _write(views, at)
    except IntegrityError:
        if not ViewBatch.objects.filter(name=name).exists():
            raise


def _write(views: Mapping[int, int], at: datetime) -> None:
    """Add views and their weight in one statement; nothing else of a row moves, and no signal is sent."""
    counts = _by_row({pk: Value(count) for pk, count in views.items()}, IntegerField())
    weights = _by_row({pk: Value(weight_log2(count, at)) for pk, count in views.items()}, FloatField())
    # As scores.score_added: max + log2(1 + 2 ** -apart), in the functions every database has.
    apart = Least(Abs(F("popularity") - weights), Value(NEGLIGIBLE_DOUBLINGS))
    smaller = Ln(Value(1.0) + Exp(apart * Value(-LN_2), output_field=FloatField()), output_field=FloatField())
    Article.objects.filter(pk__in=list(views)).update(
        view_count=F("view_count") + counts,
        popularity=Greatest(F("popularity"), weights) + smaller / Value(LN_2),
    )


def _by_row(values: Mapping[int, Value], field: IntegerField[int, int] | FloatField[float, float]) -> Case:
    return Case(*(When(pk=pk, then=value) for pk, value in values.items()), output_field=field)
