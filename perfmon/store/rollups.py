"""Rollups: closed minutes as rows, hours as the sum of their minutes. The only writer of windows in SQL.

Writing a minute replaces it, so the collector may write it as often as windows keep coming late. A minute written for
the first time is added to its hour; when one is written again, the hour is summed anew from its minutes, because a
maximum can't be taken out of a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, connections, router, transaction
from django.db.models import Exists, Max, OuterRef

from perfmon.conf import get_budgets
from perfmon.models import HourRollup, MinuteRollup, Rollup, SeriesName
from perfmon.series import SeriesKey, Window, Windows
from perfmon.store.ranges import HOUR

UPSERT_ROWS = 500  # a statement; Django gives SQLite at most 999 parameters, which are 142 rows of seven
PRUNE_ROWS = 2_000  # a statement, so that no lock is held for long
PRUNE_STATEMENTS = 20  # a call
KNOWN_NAMES = 10_000
DAY_S = 86_400
FIGURES = ("count", "errors", "sum", "max", "histogram")
NOT_KEPT = frozenset({"process", "socket"})  # their keys are single processes, gone with the next deploy

_ids: dict[SeriesKey, int] = {}


def write_minute(start: int, windows: Windows) -> None:
    """Replace one minute's rows (``start``: Unix s on its grid) and bring its hour up to date, or do nothing."""
    kept = {_bounded(series): window for series, window in windows.items() if series.kind not in NOT_KEPT}
    try:
        _write(start, kept)
    except IntegrityError:
        _ids.clear()  # another collector led meanwhile and pruned a name that this process still had the number of
        _write(start, kept)


def _write(start: int, kept: Windows) -> None:
    # Every statement names the database: what a lagging replica says must not decide whether a minute is new.
    using = router.db_for_write(MinuteRollup)
    ids = series_ids(kept)
    by_id = {ids[series]: window for series, window in kept.items()}
    hour = start // HOUR * HOUR
    with transaction.atomic(using=using):
        _lock(using, by_id)
        minute = MinuteRollup.objects.using(using).filter(start=start)
        again = minute.exists()
        if again:
            minute.delete()
        _upsert(using, MinuteRollup, start, by_id)
        _upsert(using, HourRollup, hour, _sum_of_minutes(using, hour) if again else _added(using, hour, by_id))


def last_minute() -> int | None:
    """Return the start of the newest minute written, or None. Minutes are written oldest first."""
    newest: int | None = MinuteRollup.objects.aggregate(newest=Max("start"))["newest"]
    return newest


def prune(now: float) -> int:
    """Delete rows past their retention in bounded batches, and names nothing refers to; returns the rows deleted."""
    budgets = get_budgets()
    deleted = _prune(MinuteRollup, int(now) - budgets.keep_minute_days * DAY_S)
    deleted += _prune(HourRollup, int(now) - budgets.keep_hour_days * DAY_S)
    if deleted:
        _ids.clear()
        of_name = {"series": OuterRef("pk")}
        unused = SeriesName.objects.exclude(Exists(MinuteRollup.objects.filter(**of_name)))
        unused = unused.exclude(Exists(HourRollup.objects.filter(**of_name)))
        SeriesName.objects.filter(pk__in=list(unused.values_list("pk", flat=True)[:PRUNE_ROWS])).delete()
    return deleted


def series_ids(names: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
    """Return the number of each series, giving one to those seen for the first time."""
    wanted = list(names)
    missing = [name for name in wanted if name not in _ids]
    if missing:
        if len(_ids) + len(missing) > KNOWN_NAMES:
            _ids.clear()
            missing = wanted
        table = SeriesName.objects.using(router.db_for_write(SeriesName))
        table.bulk_create(
            [SeriesName(kind=kind, key=key) for kind, key in missing], ignore_conflicts=True, batch_size=UPSERT_ROWS
        )
        kinds = {kind for kind, _ in missing}
        keys = [key for _, key in missing]
        for at in range(0, len(keys), UPSERT_ROWS):
            rows = table.filter(kind__in=kinds, key__in=keys[at : at + UPSERT_ROWS])
            _ids.update((SeriesKey(kind, key), pk) for pk, kind, key in rows.values_list("pk", "kind", "key"))
    return {name: _ids[name] for name in wanted}


def _bounded(series: SeriesKey) -> SeriesKey:
    return SeriesKey(series.kind[:32], series.key[:255])


def _lock(using: str, by_id: Mapping[int, Window]) -> None:
    """Make two collectors that write one minute (the old leader's last, the new one's first) do so one after the other.

    Without it both could find the minute new and add it to the hour. SQLite has one writer at a time anyway.
    """
    if connections[using].features.has_select_for_update:
        names = SeriesName.objects.using(using).filter(pk__in=by_id).order_by("pk")
        list(names.select_for_update(no_key=True).values_list("pk", flat=True))


def _upsert(using: str, model: type[Rollup], start: int, by_id: Mapping[int, Window]) -> None:
    rows = [
        model(series_id=pk, start=start, **dict(zip(FIGURES, window.to_row(), strict=True)))
        for pk, window in by_id.items()
    ]
    model.objects.using(using).bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["series", "start"],
        update_fields=FIGURES,
        batch_size=UPSERT_ROWS,
    )


def _added(using: str, hour: int, by_id: Mapping[int, Window]) -> dict[int, Window]:
    """Return the hour's windows with one new minute in them; series without a part in the minute stay as they are."""
    held = _windows(HourRollup.objects.using(using).filter(start=hour, series__in=by_id))
    for pk, window in by_id.items():
        held.setdefault(pk, Window()).merge(window)
    return held


def _sum_of_minutes(using: str, hour: int) -> dict[int, Window]:
    HourRollup.objects.using(using).filter(start=hour).delete()
    return _windows(MinuteRollup.objects.using(using).filter(start__gte=hour, start__lt=hour + HOUR))


def _windows(rows: Any) -> dict[int, Window]:
    windows: dict[int, Window] = {}
    for pk, *figures in rows.values_list("series_id", *FIGURES).iterator():
        windows.setdefault(pk, Window()).merge_row(figures)
    return windows


def _prune(model: type[Rollup], before: int) -> int:
    deleted = 0
    for _ in range(PRUNE_STATEMENTS):
        old = list(model.objects.filter(start__lt=before).order_by("start").values_list("pk", flat=True)[:PRUNE_ROWS])
        if not old:
            break
        deleted += model.objects.filter(pk__in=old).delete()[0]
    return deleted
